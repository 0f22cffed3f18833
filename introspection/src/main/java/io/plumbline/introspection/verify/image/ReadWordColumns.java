package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.FramePages;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.function.IntConsumer;
import java.util.function.LongUnaryOperator;

/**
 * Words of a guest that were read: addresses, what was there, and in which frames they lie.
 * Columns, as each guest that is followed keeps some thousand.
 */
final class ReadWordColumns {
  private static final int LEAST = 64;
  private static final byte IS_THERE = 1;
  private static final byte IS_NO_KEY = 2;

  private long[] addresses = new long[LEAST];
  private long[] values = new long[LEAST];
  private byte[] marks = new byte[LEAST];
  private int size;

  /** Null until somebody asks, and if words were added since. Each word has two numbers. */
  private FramePages byFrame;

  /** Adds a word, perhaps again. */
  void add(long address, boolean isKey, OptionalLong value) {
    if (size == addresses.length) {
      room(2 * size);
    }
    addresses[size] = address;
    marks[size] = isKey ? 0 : IS_NO_KEY;
    set(size++, value);
    byFrame = null;
  }

  private void room(int words) {
    addresses = Arrays.copyOf(addresses, words);
    values = Arrays.copyOf(values, words);
    marks = Arrays.copyOf(marks, words);
  }

  /** Number of words; each counts once after {@link #file}. */
  int size() {
    return size;
  }

  long address(int word) {
    return addresses[word];
  }

  /** Whether it was read as a key and as nothing else. */
  boolean isKey(int word) {
    return (marks[word] & IS_NO_KEY) == 0;
  }

  /** What it held; empty if it could not be read. */
  OptionalLong value(int word) {
    return (marks[word] & IS_THERE) != 0 ? OptionalLong.of(values[word]) : OptionalLong.empty();
  }

  void set(int word, OptionalLong value) {
    marks[word] = (byte) ((marks[word] & ~IS_THERE) | (value.isPresent() ? IS_THERE : 0));
    values[word] = value.orElse(0);
  }

  /**
   * Files each word once, by the frames of its first and its last byte.
   *
   * @param frameAt the frame that an address is mapped to, negative if it is not
   */
  void file(LongUnaryOperator frameAt) {
    if (byFrame != null) {
      return;
    }
    keepEachOnce();
    long[] frames = new long[2 * size];
    for (int word = 0; word < size; word++) {
      long last = addresses[word] + Long.BYTES - 1;
      frames[2 * word] = frameAt.applyAsLong(addresses[word]);
      boolean across = GuestReads.isAcross(addresses[word]);
      frames[2 * word + 1] = across ? frameAt.applyAsLong(last) : -1;
    }
    byFrame = FramePages.of(frames, frames.length);
  }

  private void keepEachOnce() {
    long[] once = Arrays.stream(addresses, 0, size).sorted().distinct().toArray();
    long[] valueOf = new long[once.length];
    byte[] marksOf = new byte[once.length];
    for (int word = 0; word < size; word++) {
      int at = Arrays.binarySearch(once, addresses[word]);
      valueOf[at] = values[word];
      marksOf[at] = (byte) ((marksOf[at] & IS_NO_KEY) | marks[word]);
    }
    addresses = once;
    values = valueOf;
    marks = marksOf;
    size = once.length;
    if (size == 0) {
      room(LEAST);
    }
  }

  /** Visits the words that have a byte in a frame, of those that were filed. */
  void forEachOf(long frame, IntConsumer visitor) {
    byFrame.allOf(
        frame,
        number -> {
          visitor.accept(number / 2);
          return true;
        });
  }

  /** Visits the frames of the words that were filed, each as often as words lie in it. */
  void forEachFrame(FrameVisitor visitor) {
    byFrame.forEach((number, frame) -> visitor.see(frame, number / 2));
  }

  /** Sees a word of a frame. */
  @FunctionalInterface
  interface FrameVisitor {
    void see(long frame, int word);
  }
}
