package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.trust.Judge;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The VMs of this process that are followed from verdict to verdict. It is no state: a VM that is
 * not among them is judged from scratch, with the same verdict. So many are followed as a part of
 * the heap holds; all instances of the process share it.
 *
 * <p>Once it is full, few of the others take a place, that of the one that was not judged for
 * longest: if every one did, VMs that have their rounds in turn would drive out each other, and
 * none would ever be followed.
 */
final class FollowedVms {
  /** What one takes: its kernel's bytes as they are and as they should be, and the ways there. */
  private static final long BYTES = 96L << 20;

  /** The part of the heap that may be taken. */
  private static final int PART = 3;

  /** Of so many VMs that come when there is no place, one takes one. */
  private static final int TURNS = 16;

  private static final FollowedVms OF_THIS_PROCESS =
      new FollowedVms((int) Math.max(1, Runtime.getRuntime().maxMemory() / PART / BYTES));

  private record Key(Object instance, String vmId) {}

  private final int most;

  /** What changed is known of all that were judged. */
  private final Map<Key, FollowedVm> known = new HashMap<>();

  /** Those that are followed, the one that was judged last at the end. */
  private final LinkedHashMap<Key, FollowedVm> followed = new LinkedHashMap<>(16, 0.75f, true);

  private int turnedAway;

  /**
   * @param most that are followed
   */
  FollowedVms(int most) {
    this.most = most;
  }

  /** The one that all instances of this process share. */
  static FollowedVms ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  /** A VM that is judged now. */
  synchronized FollowedVm of(Object instance, String vmId, Judge judge) {
    Key key = new Key(instance, vmId);
    FollowedVm vm = known.computeIfAbsent(key, fresh -> new FollowedVm());
    if (followed.get(key) == null && isAdmitted()) {
      vm.follow(judge.follower());
      followed.put(key, vm);
      if (followed.size() > most) {
        followed.remove(followed.keySet().iterator().next()).leave();
      }
    }
    return vm;
  }

  private boolean isAdmitted() {
    if (followed.size() < most) {
      return true;
    }
    turnedAway = (turnedAway + 1) % TURNS;
    return turnedAway == 0;
  }

  /** Takes note that a frame of a VM may hold something else, if it was judged. */
  synchronized void changed(Object instance, String vmId, long frame) {
    FollowedVm vm = known.get(new Key(instance, vmId));
    if (vm != null) {
      vm.changed(frame);
    }
  }

  /** Forgets a VM whose memory is another. */
  synchronized void forget(Object instance, String vmId) {
    Key key = new Key(instance, vmId);
    known.remove(key);
    followed.remove(key);
  }

  /** Forgets all VMs of an instance. */
  synchronized void forget(Object instance) {
    known.keySet().removeIf(key -> key.instance.equals(instance));
    followed.keySet().removeIf(key -> key.instance.equals(instance));
  }

  /** How many are followed. */
  synchronized int size() {
    return followed.size();
  }
}
