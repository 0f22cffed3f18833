package io.plumbline.introspection.golden;

import java.util.Collections;
import java.util.Map;
import java.util.SortedSet;

/**
 * Where the hardware roots of a known-good guest lead; all targets in bytes from the signature's
 * base.
 *
 * @param gates the legal targets of each IDT vector that is present in some known-good guest
 * @param registers the legal targets of each root register, by its name: {@code LSTAR}, {@code
 *     CSTAR}, {@code SYSENTER}
 */
public record EnrolledRoots(
    Map<Integer, SortedSet<Integer>> gates, Map<String, SortedSet<Integer>> registers) {
  public EnrolledRoots {
    gates = Map.copyOf(gates);
    registers = Map.copyOf(registers);
  }

  /** The legal targets of an IDT vector's gate, ascending; none if no good guest has one. */
  public SortedSet<Integer> handlers(int vector) {
    return gates.getOrDefault(vector, Collections.emptySortedSet());
  }
}
