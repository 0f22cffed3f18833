package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How a function was reached: the chain of functions from a hardware root's entry to it, the entry
 * first and the function last.
 */
public final class Provenance {
  /** Longer paths are cut in the middle of nowhere; a finding has to stay readable. */
  private static final int LONGEST = 64;

  private Provenance() {}

  static List<GuestVirtualAddress> of(Traversal traversal, long function) {
    List<GuestVirtualAddress> path = new ArrayList<>();
    long at = function;
    path.add(new GuestVirtualAddress(at));
    Traversal.Caller caller = traversal.callerOf(at);
    while (caller != null && path.size() < LONGEST) {
      at = caller.function();
      path.add(new GuestVirtualAddress(at));
      caller = traversal.callerOf(at);
    }
    Collections.reverse(path);
    return path;
  }
}
