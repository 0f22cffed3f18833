package io.plumbline.introspection.reach;

import java.util.Arrays;

/** Even numbers, for loops that ask a million times; open addressing. */
final class LongSet {
  /** Spreads numbers that differ in few bits (Knuth, volume 3, 6.4: by the golden ratio). */
  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

  /** In a slot without a number. */
  private static final long NONE = 1;

  private static final int LEAST = 64;

  private long[] slots = empty(LEAST);
  private int size;

  private static long[] empty(int length) {
    long[] slots = new long[length];
    Arrays.fill(slots, NONE);
    return slots;
  }

  boolean has(long number) {
    return slots[slotOf(number)] == number;
  }

  void add(long number) {
    int slot = slotOf(number);
    if (slots[slot] != number) {
      slots[slot] = number;
      if (2 * ++size > slots.length) {
        long[] before = slots;
        slots = empty(2 * before.length);
        for (long each : before) {
          if (each != NONE) {
            slots[slotOf(each)] = each;
          }
        }
      }
    }
  }

  int size() {
    return size;
  }

  long[] toArray() {
    return Arrays.stream(slots).filter(number -> number != NONE).toArray();
  }

  /** Bytes of heap, about. */
  long heldBytes() {
    return (long) slots.length * Long.BYTES;
  }

  private int slotOf(long number) {
    int mask = slots.length - 1;
    int at = (int) ((number * GOLDEN) >>> Integer.SIZE) & mask;
    while (slots[at] != NONE && slots[at] != number) {
      at = (at + 1) & mask;
    }
    return at;
  }
}
