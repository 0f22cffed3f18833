package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongFunction;

/** Tells how reached things were reached. */
@FunctionalInterface
public interface Provenance {
  /** Longer paths are cut; a finding has to stay readable. */
  int LONGEST = 64;

  /**
   * The chain from a hardware root's entry to a place: functions by their entries, the place's own
   * last, and between two of them the addresses of the pointers that lead from one to the other.
   *
   * @param place a function's entry, or the first byte of a piece of data
   */
  List<GuestVirtualAddress> pathTo(long place);

  /**
   * Walks back from a place.
   *
   * @param code tells functions, and instructions that name one another, from pieces of data and
   *     the pointers in them
   * @param callerOf what led to a function or a piece of data; null if nothing did
   */
  static List<GuestVirtualAddress> of(
      long place, CodeMemory code, LongFunction<Traversal.Caller> callerOf) {
    List<GuestVirtualAddress> path = new ArrayList<>();
    long at = place;
    if (code.indexOf(at) >= 0) {
      path.add(new GuestVirtualAddress(at));
    }
    Traversal.Caller caller = callerOf.apply(at);
    while (caller != null && path.size() < LONGEST) {
      if (code.indexOf(caller.site()) < 0) {
        path.add(new GuestVirtualAddress(caller.site()));
      }
      at = caller.function();
      if (code.indexOf(at) >= 0) {
        path.add(new GuestVirtualAddress(at));
      }
      caller = callerOf.apply(at);
    }
    Collections.reverse(path);
    return path;
  }
}
