package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.ObservationKind;
import io.plumbline.flinkjobs.state.Phase;
import io.plumbline.flinkjobs.state.RoundCounts;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.flinkjobs.state.VmThread;

/**
 * The order of one VM's observations, as a pure function.
 *
 * <p>An observation follows the thread if it has the thread's epoch and its next sequence number.
 * An older one is a duplicate; a younger one shows that some are missing, and then nothing counts
 * until a snapshot round begins, because a patch over a page that was missed yields a kernel that
 * never was. A lower epoch is a collector that was replaced and does not know it; a higher one
 * replaces the collector and starts again at 0. A snapshot, a life-cycle event and an end need no
 * past, so they are taken up even after a gap.
 */
final class CaptureProtocol {
  /**
   * What to do, and where the thread then is.
   *
   * @param reason why the thread broke or the observation is refused; empty otherwise
   */
  record Ruling(VmThread thread, Move move, String reason) {}

  private CaptureProtocol() {}

  /**
   * The ruling on {@code next}.
   *
   * @param before the VM's thread so far; null if nothing was seen of it
   */
  static Ruling rule(VmThread before, VmObservation next) {
    if (before != null && next.epoch() < before.epoch()) {
      return superseded(before, next);
    }
    VmThread thread = before;
    if (before == null || next.epoch() > before.epoch()) {
      int waiting = before == null ? 0 : before.roundsWaiting();
      thread = VmThread.of(next.epoch(), 0, Phase.EXPECTS_SNAPSHOT).withRoundsWaiting(waiting);
    }
    if (next.sequence() < thread.nextSequence()) {
      return new Ruling(thread, Move.DUPLICATE, "");
    }
    if (next.kind() == ObservationKind.STOPPED) {
      return new Ruling(thread, Move.FORGET, "");
    }
    if (next.kind() == ObservationKind.RESET) {
      VmThread waiting = thread.advancedTo(next.sequence() + 1, Phase.EXPECTS_SNAPSHOT);
      return new Ruling(waiting.withChanged(true), Move.RESET, "");
    }
    if (next.kind() == ObservationKind.VCPUS && next.snapshot()) {
      return new Ruling(thread.inRoundOf(next), Move.BEGIN_SNAPSHOT, "");
    }
    return thread.phase() == Phase.LOST ? stillLost(thread, next) : follow(thread, next);
  }

  /** The ruling on an observation that followed but could not be applied. */
  static Ruling lose(VmThread thread, VmObservation at, String reason) {
    return new Ruling(lost(thread, at.sequence() + 1), Move.LOSE, reason);
  }

  /** The thread of a VM whose pages are no longer known. */
  static VmThread lost(VmThread thread, long nextSequence) {
    return thread.advancedTo(nextSequence, Phase.LOST).withChanged(true).withRoundsWaiting(0);
  }

  private static Ruling follow(VmThread thread, VmObservation next) {
    if (next.sequence() > thread.nextSequence()) {
      return lose(
          thread,
          next,
          "expected sequence " + thread.nextSequence() + ", found " + next.sequence());
    }
    if (thread.phase() == Phase.EXPECTS_SNAPSHOT) {
      return lose(thread, next, "expected a snapshot round, found " + described(next));
    }
    if (next.kind() == ObservationKind.VCPUS) {
      return new Ruling(thread.inRoundOf(next), Move.BEGIN_ROUND, "");
    }
    if (thread.phase() != Phase.IN_ROUND) {
      return lose(thread, next, "expected the vCPUs of a round, found " + described(next));
    }
    if (next.round() != thread.round()) {
      return lose(
          thread,
          next,
          "expected records of round " + thread.round() + ", found " + described(next));
    }
    return next.kind() == ObservationKind.PAGES
        ? new Ruling(thread.counting(next), Move.STORE, "")
        : complete(thread, next);
  }

  private static Ruling complete(VmThread thread, VmObservation boundary) {
    RoundCounts held =
        new RoundCounts(thread.roundStart(), thread.framesChanged(), thread.framesWithdrawn());
    if (!held.equals(boundary.counts())) {
      return lose(thread, boundary, "expected a round of " + boundary.counts() + ", found " + held);
    }
    return new Ruling(
        thread.advancedTo(boundary.sequence() + 1, Phase.AT_BOUNDARY), Move.COMPLETE, "");
  }

  private static Ruling stillLost(VmThread thread, VmObservation next) {
    boolean roundWentBy = next.kind() == ObservationKind.BOUNDARY;
    return new Ruling(
        thread.advancedTo(next.sequence() + 1, Phase.LOST),
        roundWentBy ? Move.ASK_AGAIN : Move.SKIP,
        roundWentBy ? "still expected a snapshot round, found the end of another" : "");
  }

  private static Ruling superseded(VmThread thread, VmObservation old) {
    if (old.epoch() <= thread.reportedEpoch()) {
      return new Ruling(thread, Move.SUPERSEDED_AGAIN, "");
    }
    return new Ruling(
        thread.withReportedEpoch(old.epoch()),
        Move.SUPERSEDED,
        "expected collector epoch "
            + thread.epoch()
            + ", found the superseded "
            + old.epoch()
            + " of host "
            + old.hostId());
  }

  private static String described(VmObservation observation) {
    return observation.kind() + " of round " + observation.round();
  }
}
