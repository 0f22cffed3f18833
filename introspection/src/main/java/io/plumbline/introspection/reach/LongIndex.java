package io.plumbline.introspection.reach;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Small numbers by large ones, for loops that ask a million times; open addressing. */
final class LongIndex {
  /** What a number has that was not put. */
  static final int NONE = -1;

  /**
   * Spreads numbers that differ in few bits (Knuth, volume 3, 6.4: multiplication by the golden
   * ratio).
   */
  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

  private long[] keys = new long[1 << 10];
  private int[] values = new int[1 << 10];
  private int size;

  LongIndex() {
    Arrays.fill(values, NONE);
  }

  /** What was put for {@code key}, {@link #NONE} if nothing was. */
  int get(long key) {
    return values[slotOf(key)];
  }

  /**
   * Puts a value for a key that has none.
   *
   * @param value 0 or more
   */
  void put(long key, int value) {
    if (2 * ++size > keys.length) {
      grow();
    }
    int slot = slotOf(key);
    keys[slot] = key;
    values[slot] = value;
  }

  /** The keys that a value was put for. */
  long[] keysOf(int value) {
    return IntStream.range(0, keys.length)
        .filter(slot -> values[slot] == value)
        .mapToLong(slot -> keys[slot])
        .toArray();
  }

  private int slotOf(long key) {
    int mask = keys.length - 1;
    int at = (int) ((key * GOLDEN) >>> Integer.SIZE) & mask;
    while (values[at] != NONE && keys[at] != key) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldValues = values;
    keys = new long[2 * oldKeys.length];
    values = new int[2 * oldKeys.length];
    Arrays.fill(values, NONE);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldValues[i] != NONE) {
        int slot = slotOf(oldKeys[i]);
        keys[slot] = oldKeys[i];
        values[slot] = oldValues[i];
      }
    }
  }
}
