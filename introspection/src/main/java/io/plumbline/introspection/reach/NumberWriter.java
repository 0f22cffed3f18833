package io.plumbline.introspection.reach;

import java.util.Arrays;

/** Writes numbers in as few bytes as they need: seven bits in each, the lowest first (LEB128). */
final class NumberWriter {
  private static final int MORE = 0x80;

  private byte[] bytes = new byte[256];
  private int size;

  /** Writes a number, which takes few bytes if it is small and not negative. */
  void put(long number) {
    if (size + 10 > bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * bytes.length);
    }
    long left = number;
    while ((left & -MORE) != 0) {
      bytes[size++] = (byte) (left | MORE);
      left >>>= 7;
    }
    bytes[size++] = (byte) left;
  }

  /** Writes a number, which takes few bytes if it is small, negative or not. */
  void putSigned(long number) {
    put((number << 1) ^ (number >> (Long.SIZE - 1)));
  }

  /** Writes bits as the lengths of alternating runs, those of zeros first, or as they are. */
  void putBits(long[] words) {
    int runs = 0;
    long carried = 0;
    for (long word : words) {
      runs += Long.bitCount(word ^ ((word << 1) | carried));
      carried = word >>> (Long.SIZE - 1);
    }
    boolean inRuns = runs < words.length * Long.BYTES / 2;
    put(inRuns ? runs + 1 : 0);
    if (inRuns) {
      putRuns(words);
    } else {
      for (long word : words) {
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
          putByte(word >>> shift);
        }
      }
    }
  }

  private void putRuns(long[] words) {
    long carried = 0;
    int last = 0;
    for (int i = 0; i < words.length; i++) {
      long turns = words[i] ^ ((words[i] << 1) | carried);
      carried = words[i] >>> (Long.SIZE - 1);
      for (; turns != 0; turns &= turns - 1) {
        int at = i * Long.SIZE + Long.numberOfTrailingZeros(turns);
        put(at - last);
        last = at;
      }
    }
  }

  private void putByte(long value) {
    if (size == bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * bytes.length);
    }
    bytes[size++] = (byte) value;
  }

  /** What was written, which is forgotten. */
  byte[] take() {
    byte[] taken = Arrays.copyOf(bytes, size);
    size = 0;
    return taken;
  }
}
