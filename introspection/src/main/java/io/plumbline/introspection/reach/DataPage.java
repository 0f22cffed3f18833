package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;

/** A page of data, and which of its words were looked at. */
final class DataPage extends ReachedPage {
  /** What the guest has there. */
  final DataMemory.Page memory;

  private final long[] seen = new long[PageBytes.SIZE / Integer.BYTES / Long.SIZE];

  DataPage(DataMemory.Page memory, long address, int number) {
    super(address, number);
    this.memory = memory;
  }

  /** Whether the word at {@code offset} was not looked at before; it is from now on. */
  boolean firstLook(int offset) {
    int word = offset / Integer.BYTES;
    long bit = 1L << word;
    boolean first = (seen[word / Long.SIZE] & bit) == 0;
    seen[word / Long.SIZE] |= bit;
    return first;
  }

  void clear() {
    Arrays.fill(seen, 0);
  }
}
