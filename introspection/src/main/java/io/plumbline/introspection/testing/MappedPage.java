package io.plumbline.introspection.testing;

import io.plumbline.introspection.paging.Rights;

/**
 * One line of a synthetic guest's answer key.
 *
 * @param va first byte
 * @param frame 4 KiB frame behind it
 * @param size bytes that the page covers
 * @param rights over all levels
 */
public record MappedPage(long va, long frame, long size, Rights rights) {
  /** Whether the page maps the byte at {@code address}. */
  public boolean covers(long address) {
    return Long.compareUnsigned(address - va, size) < 0;
  }

  /** The 4 KiB frame behind an address that the page covers. */
  public long frameAt(long address) {
    return frame + ((address - va) >>> 12);
  }
}
