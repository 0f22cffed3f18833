package io.plumbline.flinkjobs.operator;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Tables whose 32-bit words lie near their predecessors, as the kernel's unwinder has one of a
 * megabyte that no image holds. Each word is told as its distance, sign in the lowest bit, and all
 * first bytes before all second ones: of four bytes, three are zero then.
 */
final class NearWords {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int BYTES = Integer.BYTES;

  /** Distances, sign included, that take two bytes. */
  private static final int NEAR = 1 << 16;

  private NearWords() {}

  /** Whether three of four words are near their predecessors and not the same. */
  static boolean are(byte[] bytes, int length) {
    int near = 0;
    int before = 0;
    for (int at = 0; at < length; at += BYTES) {
      int word = (int) WORD.get(bytes, at);
      int distance = signed(word - before);
      near += distance > 0 && distance < NEAR ? 1 : 0;
      before = word;
    }
    return 4 * near >= 3 * (length / BYTES);
  }

  /**
   * Writes the distances.
   *
   * @param length a multiple of four
   */
  static void write(byte[] bytes, int length, byte[] to) {
    int words = length / BYTES;
    int before = 0;
    for (int i = 0; i < words; i++) {
      int word = (int) WORD.get(bytes, i * BYTES);
      int distance = signed(word - before);
      for (int each = 0; each < BYTES; each++) {
        to[each * words + i] = (byte) (distance >>> (each * Byte.SIZE));
      }
      before = word;
    }
  }

  /** Writes the words that {@code from} tells the distances of. */
  static void read(byte[] from, int length, byte[] to) {
    int words = length / BYTES;
    int word = 0;
    for (int i = 0; i < words; i++) {
      int distance = 0;
      for (int each = 0; each < BYTES; each++) {
        distance |= (from[each * words + i] & 0xff) << (each * Byte.SIZE);
      }
      word += (distance >>> 1) ^ -(distance & 1);
      WORD.set(to, i * BYTES, word);
    }
  }

  private static int signed(int distance) {
    return (distance << 1) ^ (distance >> (Integer.SIZE - 1));
  }
}
