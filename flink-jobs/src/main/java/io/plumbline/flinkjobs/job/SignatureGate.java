package io.plumbline.flinkjobs.job;

import io.plumbline.flinkjobs.operator.Outputs;
import io.plumbline.flinkjobs.state.IncomingSignature;
import io.plumbline.flinkjobs.state.SignatureEntry;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/** Sends refused records aside. */
final class SignatureGate extends ProcessFunction<IncomingSignature, SignatureEntry> {
  private static final long serialVersionUID = 1L;

  @Override
  public void processElement(
      IncomingSignature incoming, Context context, Collector<SignatureEntry> out) {
    if (incoming.refusal() != null) {
      context.output(Outputs.DEAD_LETTERS, incoming.refusal());
    } else {
      out.collect(incoming.entry());
    }
  }
}
