package io.plumbline.introspection.reach;

/**
 * When a place is reached, as a number: the step that the way to it needs, pieces of run-time
 * memory on that way, calls and pointers, then jumps. A way's key grows with everything that it
 * goes through, so that whatever a place is reached from has a smaller key than the place: what
 * hangs on what is well-founded, and the way that counts does not depend on the order of
 * exploration.
 */
final class ReachKey {
  /** Of a place that nothing leads to. */
  static final long UNREACHED = Long.MAX_VALUE;

  /** Of an entry of the hardware's. */
  static final long ROOT = 0;

  /** Pieces of run-time memory on one way that a key can tell. */
  static final int MOST_DEPTH = 7;

  private static final int CALLS = 30;
  private static final int DEPTH = 54;
  private static final int STEP = 57;
  private static final long STEP_BITS = 7L << STEP;
  private static final long JUMP_BITS = (1L << CALLS) - 1;

  private ReachKey() {}

  /** One jump, or one reference, further. */
  static long jumped(long key) {
    return key + 1;
  }

  /** One call or pointer further. */
  static long called(long key) {
    return ((key >>> CALLS) + 1) << CALLS;
  }

  /** One piece of run-time memory further. */
  static long deepened(long key) {
    return called(key + (1L << DEPTH));
  }

  /** The same way, through something that only {@code step} takes up. */
  static long at(ReachStep step, long key) {
    return step.place() <= stepOf(key) ? key : (key & ~STEP_BITS) | ((long) step.place() << STEP);
  }

  /** Whether the last thing on the way is a call or a pointer, or it is a root: no jump. */
  static boolean isCalled(long key) {
    return (key & JUMP_BITS) == 0;
  }

  /** Ordinal of the step that the way needs. */
  static int stepOf(long key) {
    return (int) (key >>> STEP);
  }

  /** Pieces of run-time memory on the way. */
  static int depthOf(long key) {
    return (int) (key >>> DEPTH) & MOST_DEPTH;
  }
}
