package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.trust.Judge;
import java.util.LinkedHashMap;

/**
 * Who of a process's VMs is followed from verdict to verdict: as many as a part of the heap holds.
 * It is no state: a VM that has no place is judged from scratch, with the same verdict. For any
 * thread.
 *
 * <p>Once all places are taken, few of the others take one, that of the VM that was not judged for
 * longest: if every one did, VMs that have their rounds in turn would drive out each other, and
 * none would ever be followed.
 */
final class FollowerPlaces {
  /** What one takes: its kernel's bytes as they are and as they should be, and the ways there. */
  private static final long BYTES = 96L << 20;

  /** The part of the heap that may be taken. */
  private static final int PART = 3;

  /** Of so many VMs that come when there is no place, one takes one. */
  private static final int TURNS = 16;

  private static final FollowerPlaces OF_THIS_PROCESS =
      new FollowerPlaces((int) Math.max(1, Runtime.getRuntime().maxMemory() / PART / BYTES));

  private final int most;

  /** The one that was judged last at the end. */
  private final LinkedHashMap<FollowedVm, Boolean> taken = new LinkedHashMap<>(16, 0.75f, true);

  private int turnedAway;

  /**
   * @param most that are followed
   */
  FollowerPlaces(int most) {
    this.most = most;
  }

  /** Those that all instances of this process share. */
  static FollowerPlaces ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  /** Takes note that a VM is judged now, which is followed from now on if it gets a place. */
  synchronized void ask(FollowedVm vm, Judge judge) {
    if (taken.get(vm) == null && isAdmitted()) {
      vm.follow(judge.follower());
      taken.put(vm, true);
      if (taken.size() > most) {
        FollowedVm eldest = taken.keySet().iterator().next();
        taken.remove(eldest);
        eldest.leave();
      }
    }
  }

  private boolean isAdmitted() {
    if (taken.size() < most) {
      return true;
    }
    turnedAway = (turnedAway + 1) % TURNS;
    return turnedAway == 0;
  }

  /** Takes back the place of a VM, if it has one. */
  synchronized void leave(FollowedVm vm) {
    taken.remove(vm);
  }

  /** How many are taken. */
  synchronized int size() {
    return taken.size();
  }
}
