package io.plumbline.flinkjobs.operator;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Bytes told as their differences from as many others, the base. Each run: how many bytes are the
 * base's, how many follow that are not, these bytes; both numbers in groups of 7 bits, the lowest
 * first. What follows the last run is the base's.
 */
final class ByteRuns {
  private static final int SEVEN_BITS = 0x7f;
  private static final int MORE = 0x80;

  /** Equal bytes that are cheaper to repeat than to skip. */
  private static final int SHORT_GAP = 2;

  private ByteRuns() {}

  /** The most that runs over so many bytes take: each is followed by a gap. */
  static int most(int length) {
    return 2 * length + 16;
  }

  /**
   * Writes the runs.
   *
   * @param length of {@code bytes} and {@code base} that is told
   * @param to with room for {@link #most} bytes
   */
  static void write(byte[] bytes, byte[] base, int length, ByteBuffer to) {
    int end = 0;
    for (int from = difference(bytes, base, 0, length); from < length; ) {
      int until = endOfRun(bytes, base, from, length);
      number(to, from - end);
      number(to, until - from);
      to.put(bytes, from, until - from);
      end = until;
      from = difference(bytes, base, until, length);
    }
  }

  /**
   * Writes what {@code runs} tell over the base.
   *
   * @throws PagesLostException if they are none over so many bytes
   */
  static void read(ByteBuffer runs, byte[] base, int length) {
    int at = 0;
    while (runs.hasRemaining()) {
      at += number(runs);
      int run = number(runs);
      if (run < 1 || at < 0 || run > length - at || run > runs.remaining()) {
        throw new PagesLostException(
            "state: expected runs over " + length + " bytes, found one of " + run + " at " + at);
      }
      runs.get(base, at, run);
      at += run;
    }
  }

  private static int difference(byte[] bytes, byte[] base, int from, int length) {
    int distance = Arrays.mismatch(bytes, from, length, base, from, length);
    return distance < 0 ? length : from + distance;
  }

  private static int endOfRun(byte[] bytes, byte[] base, int from, int length) {
    int end = from + 1;
    for (int at = end; at < length && at - end < SHORT_GAP; at++) {
      if (bytes[at] != base[at]) {
        end = at + 1;
      }
    }
    return end;
  }

  private static void number(ByteBuffer to, int value) {
    int rest = value;
    while (rest > SEVEN_BITS) {
      to.put((byte) ((rest & SEVEN_BITS) | MORE));
      rest >>>= 7;
    }
    to.put((byte) rest);
  }

  private static int number(ByteBuffer from) {
    int value = 0;
    for (int shift = 0; shift < Integer.SIZE && from.hasRemaining(); shift += 7) {
      int next = from.get();
      value |= (next & SEVEN_BITS) << shift;
      if ((next & MORE) == 0) {
        return value;
      }
    }
    throw new PagesLostException("state: expected a number of bytes, found the end");
  }
}
