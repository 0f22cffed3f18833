package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.introspection.trust.Judge;
import io.plumbline.introspection.verify.image.ImageLibrary;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.co.KeyedBroadcastProcessFunction;
import org.apache.flink.util.Collector;

/** One VM's observations and everyone's signatures in, news of the VM out. */
public final class AnalysisFunction
    extends KeyedBroadcastProcessFunction<String, VmObservation, SignatureEntry, FindingRecord> {
  private static final long serialVersionUID = 1L;

  /** The announced signatures, by content address. */
  public static final MapStateDescriptor<String, SignatureEntry> SIGNATURES =
      new MapStateDescriptor<>(
          "signatures", Types.STRING, TypeInformation.of(SignatureEntry.class));

  private final JudgeSource judges;
  private final SignatureSource signatures;
  private final AnalysisSettings settings;
  private final NanoClock nanoClock;

  private transient VmAnalysis analysis;
  private transient BuildsAhead ahead;
  private transient boolean bookWasRead;
  private transient AnnouncedBook books;
  private transient FlinkMemory memory;
  private transient AnalysisMetrics metrics;

  /**
   * @param judges makes one judge for each parallel instance
   * @param signatures where bodies of announced signatures are read from
   */
  public AnalysisFunction(
      JudgeSource judges, SignatureSource signatures, AnalysisSettings settings) {
    this(judges, signatures, settings, System::nanoTime);
  }

  AnalysisFunction(
      JudgeSource judges,
      SignatureSource signatures,
      AnalysisSettings settings,
      NanoClock nanoClock) {
    this.judges = judges;
    this.signatures = signatures;
    this.settings = settings;
    this.nanoClock = nanoClock;
  }

  @Override
  public void open(OpenContext context) {
    LoadedSignatures loaded = LoadedSignatures.ofThisProcess();
    FollowerPlaces places = FollowerPlaces.ofThisProcess();
    Judge judge = judges.open();
    analysis =
        new VmAnalysis(judge, new LoadedImages(signatures, loaded), settings, places, nanoClock);
    ahead = BuildsAhead.forThisHeap(judge);
    memory = new FlinkMemory(getRuntimeContext());
    metrics =
        new AnalysisMetrics(
            getRuntimeContext().getMetricGroup(),
            ImageLibrary.ofThisProcess().sharing(),
            places::size,
            ahead);
    books =
        new AnnouncedBook(
            signatures, loaded, System::currentTimeMillis, metrics::unreadableSignatures, ahead);
  }

  @Override
  public void close() {
    if (ahead != null) {
      ahead.close();
    }
    if (analysis != null) {
      analysis.close();
    }
  }

  @Override
  public void processElement(
      VmObservation next, ReadOnlyContext context, Collector<FindingRecord> findings)
      throws Exception {
    GrowingBook book = books.of(context.getBroadcastState(SIGNATURES).immutableEntries());
    if (!bookWasRead) {
      // A restored job is told of no signature again. What it knows is read with the first page,
      // and not for the first verdict, so that builds are prepared until then.
      bookWasRead = true;
      book.signatures();
    }
    analysis.observe(
        next,
        memory,
        book,
        new FlinkTimers(context.timerService()),
        new FlinkReports(context::output, findings, metrics));
  }

  @Override
  public void onTimer(long timestamp, OnTimerContext context, Collector<FindingRecord> findings)
      throws Exception {
    GrowingBook book = books.of(context.getBroadcastState(SIGNATURES).immutableEntries());
    analysis.wake(
        context.getCurrentKey(),
        memory,
        book,
        new FlinkTimers(context.timerService()),
        new FlinkReports(context::output, findings, metrics));
  }

  @Override
  public void processBroadcastElement(
      SignatureEntry entry, Context context, Collector<FindingRecord> findings) throws Exception {
    BroadcastState<String, SignatureEntry> announced = context.getBroadcastState(SIGNATURES);
    if (entry.revoked()) {
      announced.remove(entry.id());
    } else {
      announced.put(entry.id(), entry);
    }
    FlinkReports reports = new FlinkReports(context::output, findings, metrics);
    boolean speaksForAll = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0;
    books
        .announced(entry)
        .filter(reason -> speaksForAll)
        .ifPresent(reason -> reports.refuse(refusal(entry, reason)));
    Iterable<Map.Entry<String, SignatureEntry>> all = announced.immutableEntries();
    context.applyToKeyedState(
        FlinkMemory.THREAD,
        (vmId, thread) -> analysis.signatureChanged(vmId, entry, memory, books.of(all), reports));
  }

  private static Refusal refusal(SignatureEntry entry, String reason) {
    return new Refusal(entry.origin(), reason, entry.id().getBytes(StandardCharsets.UTF_8), null);
  }
}
