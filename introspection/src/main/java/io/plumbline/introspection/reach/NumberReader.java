package io.plumbline.introspection.reach;

/** Reads what a {@link NumberWriter} wrote, in the same order. */
final class NumberReader {
  private final byte[] bytes;
  private int at;

  NumberReader(byte[] bytes) {
    this.bytes = bytes;
  }

  long next() {
    long number = 0;
    int shift = 0;
    byte read;
    do {
      read = bytes[at++];
      number |= (long) (read & 0x7f) << shift;
      shift += 7;
    } while (read < 0);
    return number;
  }

  int nextInt() {
    return (int) next();
  }

  long nextSigned() {
    long number = next();
    return (number >>> 1) ^ -(number & 1);
  }

  /** Sets bits among those that are all zero. */
  void nextBits(long[] words) {
    int runs = nextInt() - 1;
    if (runs < 0) {
      for (int i = 0; i < words.length; i++) {
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
          words[i] |= (bytes[at++] & 0xffL) << shift;
        }
      }
      return;
    }
    int from = 0;
    boolean set = false;
    for (int run = 0; run < runs; run++) {
      int to = from + nextInt();
      fill(words, from, set ? to : from);
      set = !set;
      from = to;
    }
    fill(words, from, set ? words.length * Long.SIZE : from);
  }

  private static void fill(long[] words, int from, int to) {
    for (int bit = from; bit < to; ) {
      int behind = Math.min(to, (bit | (Long.SIZE - 1)) + 1);
      words[bit / Long.SIZE] |= (-1L >>> (Long.SIZE - (behind - bit))) << bit;
      bit = behind;
    }
  }
}
