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
    long blank = 0;
    int start = 0;
    for (int at = 1; at <= bytes.length; at++) {
      if (at == bytes.length || bytes[at] != bytes[start]) {
        boolean filler = bytes[start] == 0 || bytes[start] == INT3;
        blank += filler && at - start >= BLANK_RUN ? at - start : 0;
        start = at;
      }
    }
    return bytes.length - blank;
  }
}
