package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;

/**
 * Which words of data may be addresses of the kernel.
 *
 * @param wide whether they have 64 bits, of which the upper one is set: the kernel has the upper
 *     half
 */
public record PointerWords(boolean wide) {
  /** Numbers of 32 bits below are no addresses. */
  private static final long LOWEST_NARROW = 1 << 16;

  /**
   * Bits of a linear address below those that are all alike in a canonical one, with five-level
   * paging; with four levels even more are (Intel SDM volume 1, section 3.3.7.1).
   */
  private static final int LINEAR_BITS = 56;

  /** Those bits of an address in the upper half. */
  private static final long UPPER_HALF = -1;

  /** Bytes of a word. */
  public int bytes() {
    return wide ? Long.BYTES : Integer.BYTES;
  }

  /** The word at an offset of a page, with zeros before it if it is short. */
  public long at(PageBytes page, int offset) {
    return wide ? page.longAt(offset) : page.intAt(offset) & 0xffff_ffffL;
  }

  /** Whether a word may be an address of the kernel. */
  public boolean mayLead(long word) {
    return wide
        ? word >> LINEAR_BITS == UPPER_HALF
        : Long.compareUnsigned(word, LOWEST_NARROW) >= 0;
  }

  /**
   * Which of the 64 words from an offset of a page on may be addresses of the kernel, a bit for
   * each.
   */
  long leading(PageBytes page, int offset) {
    long leading = 0;
    if (wide) {
      // Whoever looks through all of a guest's data is here for a good part of the time.
      for (int word = 0; word < Long.SIZE; word++) {
        leading |= upperHalf(page.longAt(offset + word * Long.BYTES)) << word;
      }
      return leading;
    }
    for (int word = 0; word < Long.SIZE; word++) {
      leading |= (mayLead(at(page, offset + word * Integer.BYTES)) ? 1L : 0) << word;
    }
    return leading;
  }

  /** {@link #mayLead} of 64 bits without a branch, as there is no telling which way one goes. */
  private static long upperHalf(long word) {
    long other = (word >> LINEAR_BITS) - UPPER_HALF;
    return ((other | -other) >>> (Long.SIZE - 1)) ^ 1;
  }

  /** Whether a page has another pointer now, or lost one. */
  public boolean leadElsewhere(PageBytes before, PageBytes now) {
    for (int offset = 0; offset < PageBytes.SIZE; offset += bytes()) {
      long was = at(before, offset);
      long is = at(now, offset);
      if (was != is && (mayLead(was) || mayLead(is))) {
        return true;
      }
    }
    return false;
  }
}
