package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;

/** What one page of a guest's text held, and what it holds now. */
final class TextChange {
  private final byte[] guest;
  private final int page;
  private final byte[] fresh;
  private final int start;
  private final int from;
  private final int to;

  /**
   * @param guest in which the page is still as it was
   * @param page place of its first byte
   * @param bytes that it holds now
   */
  TextChange(byte[] guest, int page, PageBytes bytes) {
    this.guest = guest;
    this.page = page;
    this.fresh = bytes.backingArray();
    this.start = bytes.backingOffset();
    int first =
        Arrays.mismatch(guest, page, page + PageBytes.SIZE, fresh, start, start + PageBytes.SIZE);
    int last = PageBytes.SIZE;
    while (first >= 0 && guest[page + last - 1] == fresh[start + last - 1]) {
      last--;
    }
    from = page + Math.max(0, first);
    to = first < 0 ? from : page + last;
  }

  boolean isEmpty() {
    return from == to;
  }

  /** Place of the first byte that differs. */
  int from() {
    return from;
  }

  /** The place after the last byte that differs. */
  int to() {
    return to;
  }

  /** Whether a byte from place {@code first} on and before {@code end} differs. */
  boolean touches(int first, int end) {
    int low = Math.max(first, from);
    int high = Math.min(end, to);
    int shift = start - page;
    return low < high && Arrays.mismatch(guest, low, high, fresh, low + shift, high + shift) >= 0;
  }

  /** Writes the page as it is now. */
  void copy() {
    System.arraycopy(fresh, start + from - page, guest, from, to - from);
  }
}
