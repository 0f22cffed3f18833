package io.plumbline.introspection.memory;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Some of the 512 words of 64 bits that a page has. Immutable. */
public final class PageWords {
  private static final int BLOCKS = PageBytes.SIZE / Long.BYTES / Long.SIZE;

  /** Bytes that {@link #put} writes. */
  public static final int BYTES = BLOCKS * Long.BYTES;

  /** No word. */
  public static final PageWords NONE = new PageWords(new long[BLOCKS]);

  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

  private final long[] words;

  PageWords(long[] words) {
    this.words = words;
  }

  /**
   * The words that some bytes lie in.
   *
   * @param offset of the first
   * @param length of them; what lies behind the page is not of it
   */
  public static PageWords around(int offset, int length) {
    long[] words = new long[BLOCKS];
    int last = Math.min(offset + length, PageBytes.SIZE) - 1;
    for (int word = offset / Long.BYTES; word <= last / Long.BYTES; word++) {
      words[word / Long.SIZE] |= 1L << word;
    }
    return new PageWords(words);
  }

  /** A number whose upper bits differ for sets that differ in little. */
  long spread() {
    long spread = 0;
    for (long block : words) {
      spread = Long.rotateLeft((spread ^ block) * GOLDEN, Integer.SIZE);
    }
    return spread * GOLDEN;
  }

  void copyTo(long[] bits) {
    System.arraycopy(words, 0, bits, 0, BLOCKS);
  }

  /** These and those. */
  public PageWords and(PageWords others) {
    long[] both = words.clone();
    for (int block = 0; block < BLOCKS; block++) {
      both[block] |= others.words[block];
    }
    return new PageWords(both);
  }

  /** Whether two pages differ in one of the words. */
  public boolean anyDiffers(PageBytes before, PageBytes after) {
    for (int block = 0; block < BLOCKS; block++) {
      for (long left = words[block]; left != 0; left &= left - 1) {
        int at = (block * Long.SIZE + Long.numberOfTrailingZeros(left)) * Long.BYTES;
        if (before.longAt(at) != after.longAt(at)) {
          return true;
        }
      }
    }
    return false;
  }

  /** A digest of what a page has in the words, in their order. */
  PageDigest digestOf(PageBytes page) {
    ByteBuffer held = ByteBuffer.allocate(PageBytes.SIZE);
    for (int block = 0; block < BLOCKS; block++) {
      for (long left = words[block]; left != 0; left &= left - 1) {
        int at = (block * Long.SIZE + Long.numberOfTrailingZeros(left)) * Long.BYTES;
        held.putLong(page.longAt(at));
      }
    }
    return PageDigest.of(held.array(), 0, held.position());
  }

  /** Writes {@value #BYTES} bytes. */
  public void put(ByteBuffer out) {
    for (long block : words) {
      out.putLong(block);
    }
  }

  /** Reads what {@link #put} wrote. */
  public static PageWords read(ByteBuffer in) {
    long[] words = new long[BLOCKS];
    for (int block = 0; block < BLOCKS; block++) {
      words[block] = in.getLong();
    }
    return new PageWords(words);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PageWords that && Arrays.equals(words, that.words);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(words);
  }
}
