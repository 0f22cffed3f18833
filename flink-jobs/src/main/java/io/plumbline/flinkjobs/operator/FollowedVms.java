package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.trust.Judge;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The VMs of this process that are followed from verdict to verdict. It is no state: a VM that is
 * not among them is judged from scratch, with the same verdict, and followed from then on. So many
 * are kept as a part of the heap holds, those that were judged last; all instances of the process
 * share it.
 */
final class FollowedVms {
  /** What one takes: its kernel's bytes as they are and as they should be, and the ways there. */
  private static final long BYTES = 96L << 20;

  /** The part of the heap that may be taken. */
  private static final int PART = 3;

  private static final FollowedVms OF_THIS_PROCESS =
      new FollowedVms((int) Math.max(1, Runtime.getRuntime().maxMemory() / PART / BYTES));

  private record Key(Object instance, String vmId) {}

  private final Map<Key, FollowedVm> lately;

  /**
   * @param most that are kept
   */
  FollowedVms(int most) {
    lately =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Key, FollowedVm> eldest) {
            return size() > most;
          }
        };
  }

  /** The one that all instances of this process share. */
  static FollowedVms ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  /** A VM, which is followed from now on. */
  synchronized FollowedVm of(Object instance, String vmId, Judge judge) {
    return lately.computeIfAbsent(
        new Key(instance, vmId), fresh -> new FollowedVm(judge.follower()));
  }

  /** Takes note that a frame of a VM may hold something else, if it is followed. */
  synchronized void changed(Object instance, String vmId, long frame) {
    FollowedVm followed = lately.get(new Key(instance, vmId));
    if (followed != null) {
      followed.changed(frame);
    }
  }

  /** Forgets a VM whose memory is another. */
  synchronized void forget(Object instance, String vmId) {
    lately.remove(new Key(instance, vmId));
  }

  /** Forgets all VMs of an instance. */
  synchronized void forget(Object instance) {
    lately.keySet().removeIf(key -> key.instance.equals(instance));
  }
}
