package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.CoverageRecord;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.Liveness;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.ResyncRecord;
import io.plumbline.flinkjobs.state.TrustRecord;

/** Where news of a VM go, as a port: Flink's outputs in the job, lists in tests. */
interface Reports {
  void identity(IdentityRecord identity);

  void coverage(CoverageRecord coverage);

  void trust(TrustRecord trust);

  void finding(FindingRecord finding);

  void resync(ResyncRecord request);

  void refuse(Refusal refusal);

  /** Counts what repeats. */
  void counted(Move move);

  /** A verdict took this many nanoseconds. */
  void judged(long nanos);

  /** A verdict stands for this many earlier rounds as well. */
  void coalesced(long rounds);

  /** A VM's collector is heard again, or is not. */
  void liveness(Liveness now);
}
