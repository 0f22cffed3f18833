package io.plumbline.cli.fleet;

import io.plumbline.cli.embedded.EmbeddedException;
import io.plumbline.cli.embedded.EmbeddedJob;
import io.plumbline.cli.stage.Announcing;
import io.plumbline.cli.stage.Closing;
import io.plumbline.cli.stage.Stage;
import io.plumbline.cli.stage.StageSettings;
import io.plumbline.flinkjobs.config.JobConfiguration.StateBackend;
import io.plumbline.flinkjobs.config.Setting;
import io.plumbline.ingest.publish.ObservationPublisher;
import io.plumbline.ingest.publish.PublishException;
import io.plumbline.ingest.publish.PublisherSettings;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.Topic;
import io.plumbline.signaturestore.announce.publish.AnnounceException;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A fleet of simulated VMs through a real broker and the real job with RocksDB, all in this
 * process. Every VM has a name, an epoch and state of its own, and says what a recorded guest said:
 * everything once, then what changes in two idle seconds, again and again, and now and then a
 * tampering. VMs of one recording have the same pages at the same places, so what the job shares
 * between equal pages it shares here more than it would in a fleet of as many boots.
 */
public final class FleetBenchmark {
  /** As often as the job makes one unless it is told otherwise. */
  private static final Duration CHECKPOINTS =
      Duration.parse(Setting.CHECKPOINT_INTERVAL.byDefault());

  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration LAST_FINDINGS = Duration.ofSeconds(60);
  private static final int PARTITIONS_PER_INSTANCE = 4;

  /** Compressed; the load waits for verdicts long before so much is on its way. */
  private static final long KEPT_BYTES_PER_PARTITION = 512L << 20;

  private static final String ROUNDS = "moves.complete";
  private static final String VERDICTS = "verdicts";

  private final FleetSettings settings;
  private final SchemaRegistry registry;
  private final Clock clock;
  private final LongSupplier nanoTime;
  private final Consumer<String> say;
  private final Probes probes = new Probes();
  private final ProcessMeter meter = new ProcessMeter();

  /**
   * @param say told in words how far it is
   */
  public FleetBenchmark(
      FleetSettings settings,
      SchemaRegistry registry,
      Clock clock,
      LongSupplier nanoTime,
      Consumer<String> say) {
    this.settings = settings;
    this.registry = registry;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.say = say;
  }

  /**
   * Measures once; an instance is of no use after that.
   *
   * @throws IOException if a recording cannot be read, the job ends, or VMs are not judged
   */
  public FleetResult run()
      throws IOException, InterruptedException, AnnounceException, PublishException {
    List<GuestModel> models = new ArrayList<>();
    for (Path recording : settings.recordings()) {
      GuestModel model = GuestModel.of(recording);
      if (settings.busy() > 0 && !model.worked()) {
        throw new IOException(
            recording + ": expected two busy rounds, as some VMs are to be busy, found fewer");
      }
      models.add(model);
    }
    List<SimulatedVm> vms = new ArrayList<>();
    for (int i = 0; i < settings.vms(); i++) {
      String name = String.format(Locale.ROOT, "vm-%05d", i);
      GuestModel model = models.get(i % models.size());
      vms.add(new SimulatedVm(name, clock.millis(), model, isBusy(i / models.size())));
    }
    try (Closing closing = new Closing()) {
      Stage stage = Stage.raise(closing, stage());
      stage.broker().keepAtMost(Topic.OBSERVATIONS, KEPT_BYTES_PER_PARTITION);
      Announcing.announce(
          new SignatureStore(settings.signatures()), stage.broker(), registry, clock.instant());
      EmbeddedJob job = stage.analyse(Optional.empty());
      FindingReader reader =
          closing.add(FindingReader.start(stage.broker().properties(), registry, probes, nanoTime));
      meter.leaveOut(reader.threadId());
      return measured(stage, job, reader, vms);
    }
  }

  /** Spreads those that are busy evenly over the VMs of each recording. */
  private boolean isBusy(int ofRecording) {
    return (long) ofRecording * settings.busy() % 1000 < settings.busy();
  }

  private StageSettings stage() {
    return new StageSettings(
        settings.signatures(),
        CHECKPOINTS,
        StateBackend.ROCKSDB,
        settings.parallelism(),
        PARTITIONS_PER_INSTANCE * settings.parallelism());
  }

  private FleetResult measured(
      Stage stage, EmbeddedJob job, FindingReader reader, List<SimulatedVm> vms)
      throws IOException, InterruptedException, PublishException {
    ClusterNumbers numbers = new ClusterNumbers(stage.webUi());
    FleetResult.Guests guests = FleetResult.Guests.of(vms);
    try (ObservationPublisher publisher = publisher(stage)) {
      FleetLoad load =
          new FleetLoad(vms, publisher, probes, new Random(settings.seed()), clock, nanoTime, say);
      long heapBefore = meter.heapBytes();
      double primeSeconds = prime(load, job);
      warm(load);
      FleetResult.Steady steady = steady(load, numbers);
      say.accept("waiting for the last findings");
      awaitFindings();
      reader.check();
      check(job);
      Thread.sleep(2 * CHECKPOINTS.toMillis());
      return new FleetResult(
          guests,
          primeSeconds,
          steady,
          probes.latencies(),
          numbers.checkpointBytes(),
          Math.max(0, meter.heapBytes() - heapBefore));
    }
  }

  /** A publisher whose threads are the load's and not the analysis's. */
  private ObservationPublisher publisher(Stage stage) throws PublishException {
    meter.leaveOut(Thread.currentThread().getId());
    Set<Long> before = meter.running();
    ObservationPublisher publisher =
        new ObservationPublisher(PublisherSettings.of(stage.broker().address()), registry);
    meter.running().stream().filter(id -> !before.contains(id)).forEach(meter::leaveOut);
    return publisher;
  }

  private double prime(FleetLoad load, EmbeddedJob job)
      throws IOException, InterruptedException, PublishException {
    say.accept("priming " + settings.vms() + " VMs");
    long began = nanoTime.getAsLong();
    if (!load.prime(PATIENCE)) {
      check(job);
      throw new EmbeddedException(
          String.format(
              Locale.ROOT,
              "expected a verdict on each of %d VMs, found %d and none in the last %d s",
              settings.vms(),
              probes.judged(),
              PATIENCE.toSeconds()));
    }
    double seconds = secondsSince(began);
    say.accept(String.format(Locale.ROOT, "primed in %.1f s", seconds));
    return seconds;
  }

  /** Rounds of which nothing is told. */
  private void warm(FleetLoad load) throws InterruptedException, PublishException {
    if (!settings.warm().isZero()) {
      say.accept("warming for " + settings.warm().toSeconds() + " s");
      load.steady(settings.warm(), settings.interval(), settings.tampered());
      awaitFindings();
      probes.forgetRounds();
    }
  }

  private FleetResult.Steady steady(FleetLoad load, ClusterNumbers numbers)
      throws IOException, InterruptedException, PublishException {
    say.accept("steady");
    numbers.refresh();
    long completed = numbers.counter(ROUNDS);
    long judged = numbers.counter(VERDICTS);
    long cpu = meter.nanos();
    long began = nanoTime.getAsLong();
    long offered = load.steady(settings.steady(), settings.interval(), settings.tampered());
    double seconds = secondsSince(began);
    cpu = meter.nanos() - cpu;
    numbers.refresh();
    return new FleetResult.Steady(
        seconds,
        offered,
        numbers.counter(ROUNDS) - completed,
        numbers.counter(VERDICTS) - judged,
        cpu / 1e9);
  }

  private void awaitFindings() throws InterruptedException {
    long deadline = nanoTime.getAsLong() + LAST_FINDINGS.toNanos();
    while (probes.waitedFor() > 0 && nanoTime.getAsLong() - deadline < 0) {
      Thread.sleep(100);
    }
  }

  private double secondsSince(long began) {
    return (nanoTime.getAsLong() - began) / 1e9;
  }

  private static void check(EmbeddedJob job) throws IOException, InterruptedException {
    Optional<String> failure = job.failure();
    if (failure.isPresent()) {
      throw new EmbeddedException("the job ended: " + failure.get());
    }
  }
}
