package io.plumbline.flinkjobs.job;

import io.plumbline.flinkjobs.operator.Outputs;
import io.plumbline.flinkjobs.state.IncomingObservation;
import io.plumbline.flinkjobs.state.VmObservation;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/** Sends refused records aside. */
final class ObservationGate extends ProcessFunction<IncomingObservation, VmObservation> {
  private static final long serialVersionUID = 1L;

  @Override
  public void processElement(
      IncomingObservation incoming, Context context, Collector<VmObservation> out) {
    if (incoming.refusal() != null) {
      context.output(Outputs.DEAD_LETTERS, incoming.refusal());
    } else {
      out.collect(incoming.observation());
    }
  }
}
