package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.trust.Judge;
import java.util.LinkedHashMap;

/**
 * Who of a process's VMs is followed from verdict to verdict: as many as a part of the heap holds.
 * It is no state: a VM that has no place is judged from scratch, with the same verdict. The first
 * ones are followed with all of their bytes at hand, the others {@linkplain Judge#lightFollower
 * lightly}. For any thread.
 *
 * <p>Once all places are taken, few of the others take one, that of the VM that was not judged for
 * longest: if every one did, VMs that have their rounds in turn would drive out each other, and
 * none would ever be followed.
 */
final class FollowerPlaces {
  /** What one takes: its kernel's bytes as they are and as they should be, and the ways there. */
  private static final long BYTES = 96L << 20;

  /** What one takes that is followed lightly: the ways there. */
  private static final long LIGHT_BYTES = 24L << 20;

  /** The part of the heap that each of both kinds may take. */
  private static final int PART = 4;

  /** Of so many VMs that come when there is no place, one takes one. */
  private static final int TURNS = 16;

  private static final FollowerPlaces OF_THIS_PROCESS =
      new FollowerPlaces(inAPart(BYTES), inAPart(LIGHT_BYTES));

  private enum Place {
    WHOLE,
    LIGHT
  }

  private final int mostWhole;
  private final int most;

  /** The one that was judged last at the end. */
  private final LinkedHashMap<FollowedVm, Place> taken = new LinkedHashMap<>(16, 0.75f, true);

  private int whole;
  private int turnedAway;

  /**
   * @param whole VMs that are followed with all bytes at hand
   * @param light VMs that are followed besides
   */
  FollowerPlaces(int whole, int light) {
    this.mostWhole = whole;
    this.most = whole + light;
  }

  private static int inAPart(long bytes) {
    return (int) Math.max(1, Runtime.getRuntime().maxMemory() / PART / bytes);
  }

  /** Those that all instances of this process share. */
  static FollowerPlaces ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  /** Takes note that a VM is judged now, which is followed from now on if it gets a place. */
  synchronized void ask(FollowedVm vm, Judge judge) {
    if (taken.get(vm) == null && isAdmitted()) {
      if (taken.size() == most) {
        FollowedVm eldest = taken.keySet().iterator().next();
        leave(eldest);
        eldest.leave();
      }
      Place place = whole < mostWhole ? Place.WHOLE : Place.LIGHT;
      whole += place == Place.WHOLE ? 1 : 0;
      vm.follow(place == Place.WHOLE ? judge.follower() : judge.lightFollower());
      taken.put(vm, place);
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
    if (taken.remove(vm) == Place.WHOLE) {
      whole--;
    }
  }

  /** How many are taken. */
  synchronized int size() {
    return taken.size();
  }
}
