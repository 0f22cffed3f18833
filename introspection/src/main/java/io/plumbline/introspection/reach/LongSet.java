package io.plumbline.introspection.reach;

import java.util.Arrays;

/** Even numbers, for loops that ask a million times; open addressing. */
final class LongSet {
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
    int at = Spread.slot(number, slots.length);
    while (slots[at] != NONE && slots[at] != number) {
      at = (at + 1) & mask;
    }
    return at;
  }
}
