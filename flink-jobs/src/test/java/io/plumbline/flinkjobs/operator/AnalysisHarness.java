package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.flinkjobs.state.VmObservation;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.operators.co.CoBroadcastWithKeyedOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedBroadcastOperatorTestHarness;
import org.apache.flink.util.OutputTag;

/** The production operator in Flink's harness, with no cluster. */
@SuppressWarnings("try") // The close may throw InterruptedException, which then ends the test.
final class AnalysisHarness
    extends KeyedBroadcastOperatorTestHarness<
        String, VmObservation, SignatureEntry, FindingRecord> {
  AnalysisHarness(JudgeSource judges, SignatureSource signatures) throws Exception {
    super(
        new CoBroadcastWithKeyedOperator<>(
            new AnalysisFunction(judges, signatures), List.of(AnalysisFunction.SIGNATURES)),
        VmObservation::vmId,
        Types.STRING,
        720,
        1,
        0);
    getExecutionConfig()
        .configure(
            new Configuration().set(PipelineOptions.GENERIC_TYPES, false),
            AnalysisHarness.class.getClassLoader());
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
