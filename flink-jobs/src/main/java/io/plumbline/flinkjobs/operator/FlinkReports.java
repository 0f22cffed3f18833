package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.CoverageRecord;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.Liveness;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.ResyncRecord;
import io.plumbline.flinkjobs.state.TrustRecord;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** News to Flink's outputs, counts to its metrics, and what happens rarely to the log. */
final class FlinkReports implements Reports {
  /** What Flink's contexts have in common without a type for it. */
  @FunctionalInterface
  interface SideOutputs {
    <X> void output(OutputTag<X> tag, X record);
  }

  private static final Logger LOG = LoggerFactory.getLogger(FlinkReports.class);

  private final SideOutputs side;
  private final Collector<FindingRecord> findings;
  private final AnalysisMetrics metrics;

  FlinkReports(SideOutputs side, Collector<FindingRecord> findings, AnalysisMetrics metrics) {
    this.side = side;
    this.findings = findings;
    this.metrics = metrics;
  }

  @Override
  public void identity(IdentityRecord identity) {
    LOG.info(
        "event=identity vm={} round={} state={} build={}",
        identity.at().vmId(),
        identity.at().round(),
        identity.state(),
        identity.build());
    side.output(Outputs.IDENTITIES, identity);
  }

  @Override
  public void coverage(CoverageRecord coverage) {
    side.output(Outputs.COVERAGE, coverage);
  }

  @Override
  public void trust(TrustRecord trust) {
    LOG.info(
        "event=trust vm={} round={} state={} stale={} liveness={} open={}",
        trust.at().vmId(),
        trust.at().round(),
        trust.state(),
        trust.stale(),
        trust.liveness(),
        trust.openFindings());
    side.output(Outputs.TRUST, trust);
  }

  @Override
  public void finding(FindingRecord finding) {
    findings.collect(finding);
  }

  @Override
  public void resync(ResyncRecord request) {
    LOG.info(
        "event=resync_requested vm={} host={} epoch={} sequence={} reason={}",
        request.vmId(),
        request.hostId(),
        request.foundEpoch(),
        request.foundSequence(),
        request.reason());
    side.output(Outputs.RESYNC_REQUESTS, request);
  }

  @Override
  public void refuse(Refusal refusal) {
    metrics.refused();
    side.output(Outputs.DEAD_LETTERS, refusal);
  }

  @Override
  public void counted(Move move) {
    metrics.counted(move);
  }

  @Override
  public void judged(long nanos) {
    metrics.judged(nanos);
  }

  @Override
  public void coalesced(long rounds) {
    metrics.coalesced(rounds);
  }

  @Override
  public void liveness(Liveness now) {
    metrics.liveness(now);
  }
}
