package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Tells how reached things were reached. */
@FunctionalInterface
public interface Provenance {
  /**
   * The chain from a hardware root's entry to a place: functions by their entries, the place's own
   * last, and between two of them the addresses of the pointers that lead from one to the other.
   *
   * @param place a function's entry, or the first byte of a piece of data
   */
  List<GuestVirtualAddress> pathTo(long place);

  /** Through functions alone. */
  static List<GuestVirtualAddress> of(Traversal traversal, long function) {
    List<GuestVirtualAddress> path = new ArrayList<>();
    long at = function;
    path.add(new GuestVirtualAddress(at));
    Traversal.Caller caller = traversal.callerOf(at);
    while (caller != null && path.size() < Fixpoint.LONGEST_PATH) {
      at = caller.function();
      path.add(new GuestVirtualAddress(at));
      caller = traversal.callerOf(at);
    }
    Collections.reverse(path);
    return path;
  }
}
