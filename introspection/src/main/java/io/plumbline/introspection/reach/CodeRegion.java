package io.plumbline.introspection.reach;

/**
 * A run of supervisor-executable memory whose every page could be read, copied once so that a
 * traversal crosses pages without noticing.
 *
 * @param start linear address of the first byte, page-aligned
 * @param bytes the content, a whole number of pages
 * @param writable whether the supervisor may write it through the same mapping
 */
public record CodeRegion(long start, byte[] bytes, boolean writable) {
  /** Whether {@code address} lies in this region; addresses compare as unsigned by wrap-around. */
  public boolean contains(long address) {
    long offset = address - start;
    return offset >= 0 && offset < bytes.length;
  }

  /** The index in {@link #bytes} of an address that lies in this region. */
  public int offsetOf(long address) {
    return (int) (address - start);
  }
}
