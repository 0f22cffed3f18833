package io.plumbline.introspection.memory;

/** Which 64-bit words of one page somebody read. */
final class ReadWords {
  private static final int WORDS = PageBytes.SIZE / Long.BYTES;

  private final long[] read = new long[WORDS / Long.SIZE];

  void add(int offset, int length) {
    int last = (offset + length - 1) / Long.BYTES;
    for (int word = offset / Long.BYTES; word <= last; word++) {
      read[word / Long.SIZE] |= 1L << word;
    }
  }

  /** Whether the pages differ in a word that was read. */
  boolean anyDiffers(PageBytes before, PageBytes after) {
    for (int block = 0; block < read.length; block++) {
      for (long left = read[block]; left != 0; left &= left - 1) {
        int at = (block * Long.SIZE + Long.numberOfTrailingZeros(left)) * Long.BYTES;
        if (before.longAt(at) != after.longAt(at)) {
          return true;
        }
      }
    }
    return false;
  }
}
