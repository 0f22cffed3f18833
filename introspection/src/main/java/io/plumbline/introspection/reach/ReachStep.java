package io.plumbline.introspection.reach;

import java.util.Locale;

/**
 * What leads to code, in the order in which a {@link Fixpoint} takes it up: each step is followed
 * until nothing is left of it and of those before, then comes the next.
 */
public enum ReachStep {
  /** Calls, jumps and branches that name their target. */
  DIRECT,
  /** Pointers that code calls or jumps through, and tables that it indexes. */
  SLOTS,
  /** Addresses of code that instructions hold. */
  CODE_ADDRESSES,
  /** Pointers in read-only data that reached code uses. */
  READ_ONLY_DATA,
  /** Pointers in the kernel's own writable data that reached code uses. */
  WRITABLE_DATA,
  /** Pointers in memory that was allocated at run time and that the kernel's own data leads to. */
  HEAP;

  /** Its place in the order, from 0. */
  int place() {
    return compareTo(DIRECT);
  }

  /** The name used in JSON. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
