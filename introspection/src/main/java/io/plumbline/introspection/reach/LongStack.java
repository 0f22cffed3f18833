package io.plumbline.introspection.reach;

import java.util.Arrays;

/** A growing array of addresses; boxing a million of them would cost more than decoding. */
final class LongStack {
  private long[] values = new long[64];
  private int size;

  void push(long value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
    }
    values[size++] = value;
  }

  long pop() {
    return values[--size];
  }

  long get(int index) {
    return values[index];
  }

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  long[] toArray() {
    return Arrays.copyOf(values, size);
  }
}
