package io.plumbline.introspection.reach;

/**
 * Numbers without order, for loops that ask a million times; open addressing with probes in a row.
 */
final class LongSet {
  private static final int LEAST = 1 << 10;

  /**
   * Spreads numbers that differ in few bits (Knuth, volume 3, 6.4: multiplication by the golden
   * ratio).
   */
  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

  private long[] slots = new long[LEAST];
  private int size;
  private boolean hasZero;

  /** Whether {@code value} was not in it before. */
  boolean add(long value) {
    if (value == 0) {
      boolean isNew = !hasZero;
      hasZero = true;
      return isNew;
    }
    if (2 * size >= slots.length) {
      grow();
    }
    return insert(value);
  }

  /** Whether {@code value} is in it. */
  boolean contains(long value) {
    if (value == 0) {
      return hasZero;
    }
    int mask = slots.length - 1;
    int at = (int) ((value * GOLDEN) >>> Integer.SIZE) & mask;
    while (slots[at] != 0 && slots[at] != value) {
      at = (at + 1) & mask;
    }
    return slots[at] == value;
  }

  /** How many there are. */
  int size() {
    return size + (hasZero ? 1 : 0);
  }

  private boolean insert(long value) {
    int mask = slots.length - 1;
    int at = (int) ((value * GOLDEN) >>> Integer.SIZE) & mask;
    while (slots[at] != 0) {
      if (slots[at] == value) {
        return false;
      }
      at = (at + 1) & mask;
    }
    slots[at] = value;
    size++;
    return true;
  }

  private void grow() {
    long[] old = slots;
    slots = new long[old.length * 2];
    size = 0;
    for (long value : old) {
      if (value != 0) {
        insert(value);
      }
    }
  }
}
