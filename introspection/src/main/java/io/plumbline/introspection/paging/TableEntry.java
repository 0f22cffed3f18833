package io.plumbline.introspection.paging;

import io.plumbline.introspection.memory.GuestPhysicalAddress;

/**
 * One entry of a page table, where it lies.
 *
 * @param level of its table
 * @param address of the entry's first byte
 * @param value as it is in memory
 */
public record TableEntry(TableLevel level, GuestPhysicalAddress address, long value) {
  /** Whether it is present and names the table of the next level. */
  public boolean namesTable() {
    return level.classify(value) == TableLevel.Entry.TABLE;
  }

  /** Whether it is present and maps a page. */
  public boolean mapsPage() {
    return level.classify(value) == TableLevel.Entry.PAGE;
  }
}
