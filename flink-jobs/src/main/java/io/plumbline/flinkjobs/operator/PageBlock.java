package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.memory.PageBytes;

/**
 * {@link #PAGES} consecutive frames of a VM, the unit in which state keeps pages: which of them are
 * kept and how, and those that were read. A page that comes is kept whole, beside the packed ones
 * of its block, which stay as they are: so a change costs its page and not sixteen.
 *
 * <p>Sets of pages are bits, the first page's is the lowest.
 */
final class PageBlock {
  /** Pages of a block: fewer pack worse, more are written anew when one of them changes. */
  static final int PAGES = 16;

  private static final int SHIFT = 4;

  private final long number;

  /** Those that were read or came; each is replaced and never written to. Null for none. */
  private PageBytes[] pages;

  private int packed;
  private int whole;
  private boolean storedPacked;
  private boolean storedWhole;
  private boolean came;
  private boolean moved;

  /**
   * A block as the index tells it.
   *
   * @param packed pages that are kept packed
   * @param whole pages that are kept whole
   */
  PageBlock(long number, int packed, int whole) {
    this.number = number;
    this.packed = packed;
    this.whole = whole;
    this.storedPacked = packed != 0;
    this.storedWhole = whole != 0;
  }

  /** The block that a frame lies in. */
  static long numberOf(long frame) {
    return frame >> SHIFT;
  }

  /** The page of its block that a frame is. */
  static int indexOf(long frame) {
    return (int) frame & (PAGES - 1);
  }

  long number() {
    return number;
  }

  long firstFrame() {
    return number << SHIFT;
  }

  /** Pages that are kept packed. */
  int packed() {
    return packed;
  }

  /** Pages that are kept whole. */
  int whole() {
    return whole;
  }

  /** Whether other pages are kept, or kept otherwise, than the index told when it was read. */
  boolean isMoved() {
    return moved;
  }

  /** Whether pages came that were not written. */
  boolean hasCome() {
    return came;
  }

  /** A page, if it was read or came; else null. */
  PageBytes known(int index) {
    return pages == null ? null : pages[index];
  }

  /** Those of some pages that were not read. */
  int unread(int which) {
    int unread = 0;
    for (int rest = which; rest != 0; rest &= rest - 1) {
      int bit = Integer.lowestOneBit(rest);
      unread |= known(Integer.numberOfTrailingZeros(bit)) == null ? bit : 0;
    }
    return unread;
  }

  /** Where pages that are read are put. */
  PageBytes[] pages() {
    if (pages == null) {
      pages = new PageBytes[PAGES];
    }
    return pages;
  }

  /** Forgets what was read; nothing may have come. */
  void forget() {
    pages = null;
  }

  /** Keeps a page whole. */
  void keep(int index, PageBytes page) {
    int bit = 1 << index;
    moved |= (whole & bit) == 0;
    whole |= bit;
    packed &= ~bit;
    pages()[index] = page;
    came = true;
  }

  /** A page is not kept any more. */
  void drop(int index) {
    int others = ~(1 << index);
    whole &= others;
    packed &= others;
    pages()[index] = null;
    moved = true;
  }

  /** Keeps every page packed, of which all were read. */
  void pack(byte[] stored, PageStore packedPages) {
    packedPages.keep(number, stored);
    storedPacked = true;
    packed |= whole;
    whole = 0;
    came = false;
    moved = true;
  }

  /** Keeps every page whole, of which all were read. */
  void loosen() {
    whole |= packed;
    packed = 0;
    came = true;
    moved = true;
  }

  /** Writes what came, and drops what no page is read from any more. All that is whole was read. */
  void write(PageStore packedPages, PageStore wholePages) {
    if (came && whole != 0) {
      wholePages.keep(number, PageForms.whole(pages(), whole));
      storedWhole = true;
    }
    came = false;
    if (storedWhole && whole == 0) {
      wholePages.drop(number);
      storedWhole = false;
    }
    if (storedPacked && packed == 0) {
      packedPages.drop(number);
      storedPacked = false;
    }
  }
}
