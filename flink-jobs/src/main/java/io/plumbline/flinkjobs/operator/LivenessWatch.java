package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.Liveness;
import io.plumbline.flinkjobs.state.PublishedVerdict;
import io.plumbline.flinkjobs.state.RoundStamp;
import io.plumbline.flinkjobs.state.TrustRecord;
import io.plumbline.flinkjobs.state.VmPulse;
import io.plumbline.introspection.trust.TrustState;
import java.util.List;

/**
 * Tells a VM whose collector is silent. One timer for each VM looks at intervals of the thresholds
 * and finds out when the collector was last heard, so that an observation costs no timer.
 */
final class LivenessWatch {
  private static final long NOT_YET = -1;

  private final long staleAfter;
  private final long blindAfter;

  /**
   * A job that was down heard nobody: no silence is older than this instance, or rather than the
   * first observation or timer that it saw.
   */
  private long listeningSince = NOT_YET;

  LivenessWatch(AnalysisSettings settings) {
    this.staleAfter = settings.staleAfter().toMillis();
    this.blindAfter = settings.blindAfter().toMillis();
  }

  /**
   * The collector spoke.
   *
   * @param at the round that results are about until the next verdict
   */
  void heard(boolean paused, RoundStamp at, VmMemory memory, VmTimers timers, Reports reports) {
    long now = listen(timers);
    VmPulse before = memory.pulse();
    VmPulse pulse = (before == null ? VmPulse.first(now) : before).heard(now, paused);
    boolean returns = before != null && before.liveness().silent();
    if (returns && pulse.checksAt() != 0) {
      timers.cancel(pulse.checksAt());
    }
    if (returns || pulse.checksAt() == 0) {
      pulse = armed(pulse, now + staleAfter, timers);
    }
    memory.keepPulse(pulse);
    if (before != null && before.liveness() != pulse.liveness()) {
      tell(pulse, at, memory.published(), reports);
    }
  }

  /** A timer fired: looks whether the collector is silent, and for how long. */
  void check(RoundStamp at, VmMemory memory, VmTimers timers, Reports reports) {
    long now = listen(timers);
    VmPulse before = memory.pulse();
    if (before.checksAt() == 0 || now < before.checksAt()) {
      return;
    }
    long heardAt = Math.max(before.heardAt(), listeningSince);
    long silence = now - heardAt;
    VmPulse pulse = before.checkingAt(0);
    if (silence >= blindAfter) {
      pulse = pulse.silent(Liveness.BLIND);
    } else if (silence >= staleAfter) {
      pulse = armed(pulse.silent(Liveness.STALE), heardAt + blindAfter, timers);
    } else {
      pulse = armed(pulse, heardAt + staleAfter, timers);
    }
    memory.keepPulse(pulse);
    if (before.liveness() != pulse.liveness()) {
      tell(pulse, at, memory.published(), reports);
    }
  }

  /** Deletes every timer of the VM. */
  static void end(VmPulse pulse, VmTimers timers) {
    if (pulse != null && pulse.checksAt() != 0) {
      timers.cancel(pulse.checksAt());
    }
    if (pulse != null && pulse.wakesAt() != 0) {
      timers.cancel(pulse.wakesAt());
    }
  }

  private long listen(VmTimers timers) {
    long now = timers.nowMillis();
    if (listeningSince == NOT_YET) {
      listeningSince = now;
    }
    return now;
  }

  private static VmPulse armed(VmPulse pulse, long at, VmTimers timers) {
    timers.wakeAt(at);
    return pulse.checkingAt(at);
  }

  private static void tell(
      VmPulse pulse, RoundStamp at, PublishedVerdict published, Reports reports) {
    reports.liveness(pulse.liveness());
    TrustRecord verdict =
        published == null
            ? new TrustRecord(at, TrustState.UNDECIDED, false, 0, List.of("not judged yet"))
            : published.trust();
    reports.trust(pulse.over(verdict));
  }
}
