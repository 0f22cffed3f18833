package io.plumbline.introspection.testing;

import io.plumbline.introspection.paging.Rights;

/** How a synthetic guest writes its page tables; levels count upwards from 1. */
enum TableFormat {
  UNPAGED(0),
  BITS_32(Integer.BYTES, 12, 22),
  PAE(Long.BYTES, 12, 21, 30),
  FOUR_LEVEL(Long.BYTES, 12, 21, 30, 39),
  FIVE_LEVEL(Long.BYTES, 12, 21, 30, 39, 48);

  private static final long PRESENT = 1;
  private static final long WRITABLE = 2;
  private static final long USER = 4;
  private static final long PAGE_SIZE = 0x80;
  private static final long NO_EXECUTE = 1L << 63;

  final int entryBytes;

  @SuppressWarnings("ImmutableEnumChecker") // never written after construction
  private final int[] shifts;

  TableFormat(int entryBytes, int... shifts) {
    this.entryBytes = entryBytes;
    this.shifts = shifts;
  }

  int levels() {
    return shifts.length;
  }

  boolean longMode() {
    return this == FOUR_LEVEL || this == FIVE_LEVEL;
  }

  int shift(int level) {
    return shifts[level - 1];
  }

  /** Bytes that an entry of this level covers. */
  long span(int level) {
    return 1L << shift(level);
  }

  int entryOffset(int level, long va) {
    int entries = this == PAE && level == 3 ? 4 : 4096 / entryBytes;
    return ((int) (va >>> shift(level)) & (entries - 1)) * entryBytes;
  }

  /** An entry that names a table; PAE's PDPTEs have a present bit and no rights. */
  long tableEntry(int level, long frame, Rights rights) {
    return this == PAE && level == 3 ? frame << 12 | PRESENT : frame << 12 | bits(rights);
  }

  long pageEntry(int level, long frame, Rights rights) {
    long entry = bits(rights) | (level > 1 ? PAGE_SIZE : 0);
    // PSE-36: bits 39:32 of a 4 MiB page's address lie in bits 20:13.
    return this == BITS_32
        ? entry | (frame & 0xfffff) << 12 | (level > 1 ? (frame >>> 20) << 13 : 0)
        : entry | frame << 12;
  }

  /** Takes from an entry what {@code rights} do not have. */
  long restrict(long entry, Rights rights) {
    return (entry & ~(rights.writable() ? 0 : WRITABLE) & ~(rights.user() ? 0 : USER))
        | (rights.executable() || entryBytes == Integer.BYTES ? 0 : NO_EXECUTE);
  }

  /** Adds to an entry on the way down the U/S bit that a user page below needs. */
  long admitUser(long entry) {
    return entry | USER;
  }

  private long bits(Rights rights) {
    return restrict(PRESENT | WRITABLE | USER, rights);
  }
}
