package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;

/**
 * Which words of data may be addresses of the kernel.
 *
 * @param wide whether they have 64 bits, of which the upper one is set: the kernel has the upper
 *     half
 */
public record PointerWords(boolean wide) {
  /** Numbers below are no addresses. */
  private static final long LOWEST = 1 << 16;

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
    return (word < 0 || !wide) && Long.compareUnsigned(word, LOWEST) >= 0;
  }

  /** Whether no word of a page may be an address of the kernel. */
  public boolean areNowhereIn(PageBytes page) {
    for (int offset = 0; offset < PageBytes.SIZE; offset += bytes()) {
      if (mayLead(at(page, offset))) {
        return false;
      }
    }
    return true;
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
