package io.plumbline.introspection.reach;

/**
 * Where a table of open addressing begins to look for a number: spreads numbers that differ in few
 * bits (Knuth, volume 3, 6.4: by the golden ratio).
 */
final class Spread {
  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

  private Spread() {}

  /**
   * The slot.
   *
   * @param slots how many the table has, a power of two up to 2^31
   */
  static int slot(long number, int slots) {
    return (int) ((number * GOLDEN) >>> Integer.SIZE) & (slots - 1);
  }
}
