package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;

/**
 * One page as state keeps it. The length says the form, so that what was kept before there were
 * forms is still read:
 *
 * <ul>
 *   <li>0: a page of zeros.
 *   <li>1: a page of that byte. Linux fills 2 MiB for small programs with breakpoints.
 *   <li>4096: the page itself.
 *   <li>4097: a byte that says nothing and the page, which was found not to shrink.
 *   <li>any other: the page, deflated (RFC 1951).
 * </ul>
 */
final class StoredPage {
  private static final int SIZE = PageBytes.SIZE;
  private static final byte[] NOTHING = {};

  private StoredPage() {}

  /** Whether nobody tried to shrink it yet. */
  static boolean isWhole(byte[] stored) {
    return stored.length == SIZE;
  }

  /** The smallest form of 4096 bytes. */
  static byte[] shrunk(byte[] page) {
    if (Arrays.mismatch(page, 0, SIZE - 1, page, 1, SIZE) < 0) {
      return page[0] == 0 ? NOTHING : new byte[] {page[0]};
    }
    byte[] deflated = Deflated.of(page, SIZE);
    if (deflated.length < SIZE) {
      return deflated;
    }
    byte[] marked = new byte[SIZE + 1];
    System.arraycopy(page, 0, marked, 1, SIZE);
    return marked;
  }

  /**
   * The page.
   *
   * @throws PagesLostException if it is in none of the forms
   */
  static PageBytes read(byte[] stored) {
    return switch (stored.length) {
      case 0 -> PageBytes.ZERO;
      case 1 -> constant(stored[0]);
      case SIZE -> PageBytes.wrap(stored);
      case SIZE + 1 -> PageBytes.wrap(stored, 1);
      default -> PageBytes.wrap(Deflated.whole(stored, 0, SIZE));
    };
  }

  private static PageBytes constant(byte value) {
    byte[] page = new byte[SIZE];
    Arrays.fill(page, value);
    return PageBytes.wrap(page);
  }
}
