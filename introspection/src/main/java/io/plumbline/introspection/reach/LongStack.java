package io.plumbline.introspection.reach;

import java.util.Arrays;

/** A growing array of addresses; boxing a million of them would cost more than decoding. */
final class LongStack {
  private static final long[] NO_VALUES = {};
  private static final int LEAST = 8;

  private long[] values = NO_VALUES;
  private int size;

  LongStack copy() {
    LongStack copy = new LongStack();
    copy.values = size == 0 ? NO_VALUES : Arrays.copyOf(values, size);
    copy.size = size;
    return copy;
  }

  void push(long value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, Math.max(LEAST, size * 2));
    }
    values[size++] = value;
  }

  long pop() {
    return values[--size];
  }

  long get(int index) {
    return values[index];
  }

  /** Whether another holds the same. */
  boolean isLike(LongStack other) {
    return Arrays.equals(values, 0, size, other.values, 0, other.size);
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
