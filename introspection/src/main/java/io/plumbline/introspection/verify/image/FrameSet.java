package io.plumbline.introspection.verify.image;

import java.util.Arrays;
import java.util.function.LongConsumer;

/** Numbers of frames, in order: each guest that is followed keeps some hundred. */
final class FrameSet {
  private static final int LEAST = 64;

  private long[] frames = new long[LEAST];
  private int size;

  /** Whether they are in order, each once. */
  private boolean isSorted = true;

  boolean has(long frame) {
    sort();
    return Arrays.binarySearch(frames, 0, size, frame) >= 0;
  }

  void add(long frame) {
    if (size > 0 && frames[size - 1] == frame) {
      return;
    }
    if (size == frames.length) {
      sort();
      frames = Arrays.copyOf(frames, Math.max(LEAST, 2 * size));
    }
    isSorted &= size == 0 || frames[size - 1] < frame;
    frames[size++] = frame;
  }

  private void sort() {
    if (!isSorted) {
      long[] sorted = Arrays.stream(frames, 0, size).sorted().distinct().toArray();
      System.arraycopy(sorted, 0, frames, 0, sorted.length);
      size = sorted.length;
      isSorted = true;
    }
  }

  void forEach(LongConsumer visitor) {
    sort();
    Arrays.stream(frames, 0, size).forEach(visitor);
  }

  /** Gives back what is not used. */
  void trim() {
    sort();
    frames = Arrays.copyOf(frames, size);
  }
}
