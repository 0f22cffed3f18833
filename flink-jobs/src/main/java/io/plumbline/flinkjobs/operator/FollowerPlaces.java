package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.trust.Judge;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Who of a process's VMs is followed from verdict to verdict: as many as a part of the heap holds.
 * It is no state: a VM that has no place is judged from scratch, with the same verdict. While there
 * is much room, the first ones are followed with all of their bytes at hand, the others {@linkplain
 * Judge#lightFollower lightly}; when there is none left, those first ones leave one by one, each
 * for many of the others. For any thread.
 *
 * <p>What a VM takes is asked after each of its verdicts, as it is the guest's to decide: one that
 * takes more than its share drives out those that were not judged for longest, and itself if it
 * takes more than there is.
 *
 * <p>Once all room is taken, a VM takes a place only from one that has not been judged for twice as
 * long as itself: if every one did, VMs that have their rounds in turn would drive out each other,
 * and none would ever be followed. Time is counted in verdicts of the process.
 */
final class FollowerPlaces {
  /** The part of the heap that VMs may take, at least. */
  private static final int PART = 3;

  /** The part of a large heap that they may take, less {@link #OTHERS}. */
  private static final int LARGE_PART = 2;

  /** What builds, what their guests have in common, and looks at VMs take besides. */
  private static final long OTHERS = 512L << 20;

  /** The part of it for those that are followed with all bytes at hand. */
  private static final int WHOLE_PART = 4;

  /** Nobody is followed so any more once this part of it is taken. */
  private static final int ROOMY_PART = 2;

  /** How many times longer than the one that comes another has to be silent to give way. */
  private static final int SILENT = 2;

  private static final FollowerPlaces OF_THIS_PROCESS =
      new FollowerPlaces(
          roomIn(Runtime.getRuntime().maxMemory()), new Expected(96L << 20, 2L << 20));

  /**
   * Bytes that a VM is expected to take before it was judged.
   *
   * @param whole with its kernel's bytes as they are and as they should be, and the ways there
   * @param light with the ways there
   */
  record Expected(long whole, long light) {}

  private record Place(boolean isWhole, long bytes) {}

  private final long most;
  private final Expected expected;

  /** The one that was judged last at the end. */
  private final LinkedHashMap<FollowedVm, Place> taken = new LinkedHashMap<>(16, 0.75f, true);

  private long bytes;
  private long wholeBytes;

  /** How often somebody asked. */
  private long now;

  /**
   * @param most bytes that may be taken
   */
  FollowerPlaces(long most, Expected expected) {
    this.most = most;
    this.expected = expected;
  }

  /**
   * Bytes that VMs may take of a heap: a third of a small one, nearly half of a large one.
   *
   * @param heap bytes of it
   */
  static long roomIn(long heap) {
    return Math.max(heap / PART, heap / LARGE_PART - OTHERS);
  }

  /** Those that all instances of this process share. */
  static FollowerPlaces ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  /** Takes note that a VM is judged now, which is followed from now on if it gets a place. */
  synchronized void ask(FollowedVm vm, Judge judge) {
    now++;
    long silent = vm.asksAt(now);
    if (taken.get(vm) != null) {
      return;
    }
    if (!hasRoom() && wholeBytes > 0) {
      eldest(Place::isWhole).ifPresent(this::driveOut);
    }
    if (hasRoom() || isOutlasted(silent)) {
      boolean whole =
          wholeBytes + expected.whole <= most / WHOLE_PART
              && bytes + expected.whole <= most / ROOMY_PART;
      vm.follow(whole ? judge.follower() : judge.lightFollower());
      take(vm, new Place(whole, whole ? expected.whole : expected.light));
    }
  }

  /** Takes note of what a VM takes, after it was judged. */
  synchronized void judged(FollowedVm vm) {
    Place place = taken.get(vm);
    if (place != null) {
      leave(vm);
      take(vm, new Place(place.isWhole, vm.heldBytes()));
    }
  }

  private boolean hasRoom() {
    return bytes + expected.light <= most;
  }

  /** Whether somebody who has a place has been silent for much longer. */
  private boolean isOutlasted(long silent) {
    Optional<FollowedVm> eldest = eldest(any -> true);
    return eldest.isPresent() && (now - eldest.get().askedAt()) / SILENT > silent;
  }

  private Optional<FollowedVm> eldest(Predicate<Place> of) {
    return taken.entrySet().stream()
        .filter(place -> of.test(place.getValue()))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private void driveOut(FollowedVm vm) {
    leave(vm);
    vm.leave();
  }

  private void take(FollowedVm vm, Place place) {
    taken.put(vm, place);
    bytes += place.bytes;
    wholeBytes += place.isWhole ? place.bytes : 0;
    while (bytes > most) {
      driveOut(eldest(any -> true).orElseThrow());
    }
  }

  /** Takes back the place of a VM, if it has one. */
  synchronized void leave(FollowedVm vm) {
    Place place = taken.remove(vm);
    if (place != null) {
      bytes -= place.bytes;
      wholeBytes -= place.isWhole ? place.bytes : 0;
    }
  }

  /** How many are taken. */
  synchronized int size() {
    return taken.size();
  }
}
