package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.PagingMode;

/**
 * Which words of data may be addresses of the kernel.
 *
 * @param wide whether they have 64 bits, of which the upper one is set: the kernel has the upper
 *     half
 * @param alike number of the lowest of the bits that are all set in such an address
 */
public record PointerWords(boolean wide, int alike) {
  /** Numbers of 32 bits below are no addresses. */
  private static final long LOWEST_NARROW = 1 << 16;

  /** Those bits of an address in the upper half. */
  private static final long UPPER_HALF = -1;

  /**
   * Those that may be in any paging mode.
   *
   * @param wide whether they have 64 bits
   */
  public PointerWords(boolean wide) {
    this(wide, PagingMode.FIVE_LEVEL);
  }

  /** In a canonical address all bits from the highest that is translated are alike. */
  private PointerWords(boolean wide, PagingMode mode) {
    this(wide, wide ? mode.addressBits() - 1 : 0);
  }

  /** Those of a kernel, with the paging that it has (Intel SDM volume 1, section 3.3.7.1). */
  static PointerWords of(GuestKernel kernel) {
    return new PointerWords(kernel.mode() == CodeMode.LONG_64, kernel.space().mode());
  }

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
    return wide ? word >> alike == UPPER_HALF : Long.compareUnsigned(word, LOWEST_NARROW) >= 0;
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
  private long upperHalf(long word) {
    long other = (word >> alike) - UPPER_HALF;
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
