package io.plumbline.introspection.reach;

/**
 * A run of supervisor-executable memory whose every page could be read, copied once so that a
 * traversal crosses pages without noticing.
 *
 * @param start linear address of the first byte, page-aligned
 * @param bytes the content, a whole number of pages
 * @param writable whether the supervisor may write some page of it through the same mapping
 */
public record CodeRegion(long start, byte[] bytes, boolean writable) {
  private static final int BLANK_RUN = 64;
  private static final byte INT3 = (byte) 0xcc;

  /** Whether {@code address} lies in this region; addresses compare as unsigned by wrap-around. */
  public boolean contains(long address) {
    long offset = address - start;
    return offset >= 0 && offset < bytes.length;
  }

  /** The index in {@link #bytes} of an address that lies in this region. */
  public int offsetOf(long address) {
    return (int) (address - start);
  }

  /**
   * Bytes that are not blank. Blank is a run of at least {@value #BLANK_RUN} zeros or INT3: the
   * unused rest of a large page, which nobody would count as text.
   */
  public long nonBlankBytes() {
    return nonBlankBytes(0, bytes.length);
  }

  /**
   * Where to begin to count if bytes from {@code offset} on change: before it are those of the run
   * of one byte that ends there. A run that is blank without what changes stays so.
   */
  int countedFrom(int offset) {
    int least = Math.max(0, offset - BLANK_RUN);
    int from = offset;
    while (from > least && bytes[from - 1] == bytes[offset - 1]) {
      from--;
    }
    return from;
  }

  /** Where to end if bytes before {@code offset} change. */
  int countedTo(int offset) {
    int most = Math.min(bytes.length, offset + BLANK_RUN);
    int to = offset;
    while (to < most && bytes[to] == bytes[offset]) {
      to++;
    }
    return to;
  }

  /**
   * The same between two offsets; a run that goes beyond one of them has as many bytes between them
   * as make it blank, or none.
   */
  long nonBlankBytes(int from, int to) {
    long blank = 0;
    int end = from;
    int at = from + BLANK_RUN - 1;
    // A run that begins at or after the end of the last one covers one of the places looked at.
    while (at < to) {
      byte filler = bytes[at];
      if (filler != 0 && filler != INT3) {
        at += BLANK_RUN;
        continue;
      }
      int start = at;
      while (start > end && bytes[start - 1] == filler) {
        start--;
      }
      end = at + 1;
      while (end < to && bytes[end] == filler) {
        end++;
      }
      blank += end - start >= BLANK_RUN ? end - start : 0;
      at = end + BLANK_RUN - 1;
    }
    return to - from - blank;
  }
}
