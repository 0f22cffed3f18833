package io.plumbline.introspection.paging;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;

/**
 * Walks for one address after the other, and remembers the table that the last walk ended in, as a
 * processor's paging-structure caches do (Intel SDM volume 3A, section 4.10.3): neighbours cost one
 * entry each. It does not see later changes of the tables above. Not for several threads.
 */
public final class CachedWalk {
  private final AddressSpace space;

  /** The addresses that the table is for; none at first. */
  private long start;

  private long bytes;
  private TableLevel level;
  private PageBytes table;

  /** Of the table in its page. */
  private int offset;

  /** Of an address space whose tables stand still. */
  public CachedWalk(AddressSpace space) {
    this.space = space;
  }

  /** See {@link AddressSpace#translateToFrame}. */
  public long frameAt(long va) {
    if (Long.compareUnsigned(va - start, bytes) < 0 && space.mode().has(va)) {
      long entry = Walk.entry(table, offset + level.entryOffset(va), level.entryBytes());
      TableLevel.Entry says = level.classify(entry);
      if (says == TableLevel.Entry.PAGE) {
        return (level.mappedPage(entry) + (va & (level.span() - 1))) >>> FrameNumber.SHIFT;
      }
      if (says != TableLevel.Entry.TABLE) {
        return AddressSpace.NO_FRAME;
      }
    }
    return space.translateToFrame(va, this);
  }

  /** A walk for an address ended in a table. */
  void ended(long va, TableLevel level, PageBytes table, int offset) {
    this.level = level;
    this.table = table;
    this.offset = offset;
    this.bytes = level.span() * level.entries();
    this.start = va & -bytes;
  }
}
