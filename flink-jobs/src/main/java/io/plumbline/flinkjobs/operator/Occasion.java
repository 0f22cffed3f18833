package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.RoundStamp;
import io.plumbline.flinkjobs.state.TrustRecord;
import io.plumbline.flinkjobs.state.VmPulse;

/**
 * When something is told of a VM.
 *
 * @param at the round that it is about
 * @param roundsCoalesced changed rounds since the verdict before that got none of their own
 * @param pulse whether the collector is heard; null of a VM that was last heard by an older version
 */
record Occasion(RoundStamp at, long roundsCoalesced, VmPulse pulse) {
  /** The verdict as it is told now. */
  TrustRecord tell(TrustRecord verdict) {
    return pulse == null ? verdict : pulse.over(verdict);
  }
}
