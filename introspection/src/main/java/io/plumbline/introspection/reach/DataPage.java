package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.util.function.IntConsumer;

/** A page of data, and which of its words were looked at. */
final class DataPage extends ReachedPage {
  /** What the guest has there. */
  final DataMemory.Page memory;

  /** A bit for each word; null if it has to be told from what enters. */
  private long[] seen;

  private final int wordBytes;

  DataPage(DataMemory.Page memory, int wordBytes, long address, int number) {
    super(address, number);
    this.memory = memory;
    this.wordBytes = wordBytes;
    clear();
  }

  /** The same page of another guest, looked through as there. */
  DataPage(DataPage other, DataMemory.Page memory, long address) {
    super(other, address);
    this.memory = memory;
    this.wordBytes = other.wordBytes;
  }

  @Override
  ReachedPage withoutContent() {
    return new DataPage(this, memory.withoutContent(), address);
  }

  /**
   * Takes a look at words of which nobody took one before: visits their offsets.
   *
   * @param from offset of the first word
   * @param to offset of the byte after the last
   * @param some a bit for each word that is visited; null for all of them
   */
  void firstLook(int from, int to, long[] some, IntConsumer visitor) {
    int last = (to - 1) / wordBytes;
    int word = from / wordBytes;
    while (word <= last) {
      int block = word / Long.SIZE;
      int behind = Math.min(last + 1, (block + 1) * Long.SIZE);
      long wanted = (-1L >>> (Long.SIZE - (behind - word))) << word;
      long fresh = wanted & ~seen[block];
      seen[block] |= wanted;
      fresh &= some == null ? -1 : some[block];
      for (; fresh != 0; fresh &= fresh - 1) {
        visitor.accept((block * Long.SIZE + Long.numberOfTrailingZeros(fresh)) * wordBytes);
      }
      word = behind;
    }
  }

  /** A bit for each word of a page; none is set. */
  static long[] noWords(int wordBytes) {
    return new long[PageBytes.SIZE / wordBytes / Long.SIZE];
  }

  /** Whether it is known which words were looked at. */
  boolean knowsSeen() {
    return seen != null;
  }

  /** No word was looked at. */
  void clear() {
    seen = noWords(wordBytes);
  }

  /** Forgets which words were looked at: what enters tells it. */
  void forgetSeen() {
    seen = null;
  }
}
