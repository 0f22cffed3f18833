package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.RoundStamp;
import io.plumbline.flinkjobs.state.TrustRecord;
import io.plumbline.flinkjobs.state.VmPulse;
import io.plumbline.flinkjobs.state.VmThread;

/**
 * When something is told of a VM.
 *
 * @param at the round that it is about
 * @param roundsCoalesced changed rounds since the verdict before that got none of their own
 * @param pulse whether the collector is heard; null of a VM that was last heard by an older version
 */
record Occasion(RoundStamp at, long roundsCoalesced, VmPulse pulse) {
  /** That of a verdict on a VM as it is kept. */
  static Occasion of(String vmId, VmThread thread, VmMemory memory) {
    long coalesced = Math.max(0, thread.roundsWaiting() - 1);
    return new Occasion(thread.stamp(vmId), coalesced, memory.pulse());
  }

  /** The verdict as it is told now. */
  TrustRecord tell(TrustRecord verdict) {
    return pulse == null ? verdict : pulse.over(verdict);
  }
}
