package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.flinkjobs.state.VmObservation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.StateObject;
import org.apache.flink.runtime.state.storage.FileSystemCheckpointStorage;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.state.rocksdb.RocksDBKeyedStateBackend;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.co.CoBroadcastWithKeyedOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedBroadcastOperatorTestHarness;
import org.apache.flink.util.OutputTag;

/** The production operator in Flink's harness, with no cluster. */
@SuppressWarnings("try") // The close may throw InterruptedException, which then ends the test.
final class AnalysisHarness
    extends KeyedBroadcastOperatorTestHarness<
        String, VmObservation, SignatureEntry, FindingRecord> {
  static final AnalysisSettings SETTINGS =
      new AnalysisSettings(Duration.ofMinutes(2), Duration.ofMinutes(10), 25);

  /** Of the savepoints of older versions: a savepoint is bound to it. */
  static final int MAX_PARALLELISM = 720;

  /** Verdicts take no time, so that every round is judged. */
  AnalysisHarness(JudgeSource judges, SignatureSource signatures) throws Exception {
    this(judges, signatures, () -> 0);
  }

  AnalysisHarness(JudgeSource judges, SignatureSource signatures, NanoClock nanoClock)
      throws Exception {
    this(judges, signatures, nanoClock, 1, 0);
  }

  /** One parallel instance of several. */
  AnalysisHarness(
      JudgeSource judges,
      SignatureSource signatures,
      NanoClock nanoClock,
      int parallelism,
      int instance)
      throws Exception {
    super(
        new CoBroadcastWithKeyedOperator<>(
            new AnalysisFunction(judges, signatures, SETTINGS, nanoClock),
            List.of(AnalysisFunction.SIGNATURES)),
        VmObservation::vmId,
        Types.STRING,
        MAX_PARALLELISM,
        parallelism,
        instance);
    getExecutionConfig()
        .configure(
            new Configuration().set(PipelineOptions.GENERIC_TYPES, false),
            AnalysisHarness.class.getClassLoader());
  }

  /** The harness on RocksDB instead of the heap; to be said first. */
  AnalysisHarness onRocksDb() {
    setStateBackend(new EmbeddedRocksDBStateBackend());
    return this;
  }

  /** Checkpoints into a folder, as large states need it; to be said first. */
  AnalysisHarness checkpointingTo(Path folder) {
    setCheckpointStorage(new FileSystemCheckpointStorage(folder.toUri()));
    return this;
  }

  /** Bytes of keyed state in a checkpoint that is made now. */
  long checkpointBytes(long number) throws Exception {
    return snapshot(number, number).getManagedKeyedState().stream()
        .mapToLong(StateObject::getStateSize)
        .sum();
  }

  /**
   * What a checkpoint takes once RocksDB has merged its files: until then those count, too, that it
   * wrote when pages came whole.
   */
  long mergedCheckpointBytes(long number) throws Exception {
    RocksDBKeyedStateBackend<?> backend =
        (RocksDBKeyedStateBackend<?>)
            ((AbstractStreamOperator<?>) getOperator()).getKeyedStateBackend();
    backend.compactState(FlinkMemory.WHOLE_PAGES);
    backend.compactState(FlinkMemory.PACKED_PAGES);
    return checkpointBytes(number);
  }

  /** Entries of keyed state, all VMs and timers in state taken together. */
  int stateEntries() {
    AbstractStreamOperator<?> analysis = (AbstractStreamOperator<?>) getOperator();
    return ((AbstractKeyedStateBackend<?>) analysis.getKeyedStateBackend())
        .numKeyValueStateEntries();
  }

  void observe(Iterable<VmObservation> observations) throws Exception {
    for (VmObservation each : observations) {
      processElement(each, 0);
    }
  }

  /** What was said on a side output so far. */
  <T> List<T> said(OutputTag<T> tag) {
    Queue<StreamRecord<T>> queue = getSideOutput(tag);
    List<T> values = new ArrayList<>();
    if (queue != null) {
      queue.forEach(record -> values.add(record.getValue()));
    }
    return values;
  }

  /** The last that was said on a side output. */
  <T> T last(OutputTag<T> tag) {
    List<T> said = said(tag);
    return said.get(said.size() - 1);
  }
}
