package io.plumbline.flinkjobs.state;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * When a VM was heard and when it may be judged again, by the job's clock: what liveness and
 * fairness need, and no verdict depends on. Times are milliseconds since 1970-01-01T00:00Z; 0 says
 * that there is none.
 *
 * @param heardAt when the collector was last heard
 * @param paused the last capture says that the VM does not run
 * @param liveness as it was last told
 * @param checksAt when a timer looks whether the collector is silent
 * @param restsUntil before then the VM is not judged, because the last verdict took its share
 * @param wakesAt when a timer judges what waits meanwhile
 */
public record VmPulse(
    long heardAt, boolean paused, Liveness liveness, long checksAt, long restsUntil, long wakesAt) {
  /** Of a VM that is heard for the first time. */
  public static VmPulse first(long now) {
    return new VmPulse(now, false, Liveness.LIVE, 0, 0, 0);
  }

  /** Heard now. */
  public VmPulse heard(long now, boolean saysPaused) {
    Liveness speaking = saysPaused ? Liveness.PAUSED : Liveness.LIVE;
    return new VmPulse(now, saysPaused, speaking, checksAt, restsUntil, wakesAt);
  }

  /** Silent, as far as was found now. */
  public VmPulse silent(Liveness now) {
    return new VmPulse(heardAt, paused, now, checksAt, restsUntil, wakesAt);
  }

  /** With a timer that looks for silence then. */
  public VmPulse checkingAt(long then) {
    return new VmPulse(heardAt, paused, liveness, then, restsUntil, wakesAt);
  }

  /** With a verdict made that is followed by a rest. */
  public VmPulse restingUntil(long then) {
    return new VmPulse(heardAt, paused, liveness, checksAt, then, wakesAt);
  }

  /** With a timer that judges what waits then. */
  public VmPulse wakingAt(long then) {
    return new VmPulse(heardAt, paused, liveness, checksAt, restsUntil, then);
  }

  /** What is told of a verdict while the collector is as it is. */
  public TrustRecord over(TrustRecord verdict) {
    List<String> reasons = verdict.reasons();
    if (liveness.silent()) {
      reasons = new ArrayList<>(reasons);
      reasons.add(
          liveness == Liveness.STALE
              ? "the collector is silent"
              : "the collector has been silent for too long to rely on the verdict");
    }
    return new TrustRecord(
        verdict.at(),
        verdict.state(),
        verdict.stale() || liveness.silent(),
        verdict.openFindings(),
        reasons,
        liveness,
        liveness.silent() ? TimeUnit.MILLISECONDS.toMicros(heardAt) : null);
  }
}
