package io.plumbline.introspection.reach;

import java.util.Arrays;

/** What is known of the entries of a page of code. Immutable. */
final class KnownPage {
  /** A page of which nothing is known. */
  static final KnownPage NOTHING = new KnownPage(new short[0], new KnownEntry[0]);

  /** Ascending. */
  private final short[] offsets;

  private final KnownEntry[] entries;

  private KnownPage(short[] offsets, KnownEntry[] entries) {
    this.offsets = offsets;
    this.entries = entries;
  }

  /** What is known of the entry at an offset; null if nobody came to it. */
  KnownEntry at(int offset) {
    int index = Arrays.binarySearch(offsets, (short) offset);
    return index < 0 ? null : entries[index];
  }

  /** The same page with one more entry, of which nothing was known. */
  KnownPage with(int offset, KnownEntry entry) {
    int index = -Arrays.binarySearch(offsets, (short) offset) - 1;
    short[] moreOffsets = Arrays.copyOf(offsets, offsets.length + 1);
    KnownEntry[] moreEntries = Arrays.copyOf(entries, entries.length + 1);
    System.arraycopy(offsets, index, moreOffsets, index + 1, offsets.length - index);
    System.arraycopy(entries, index, moreEntries, index + 1, entries.length - index);
    moreOffsets[index] = (short) offset;
    moreEntries[index] = entry;
    return new KnownPage(moreOffsets, moreEntries);
  }
}
