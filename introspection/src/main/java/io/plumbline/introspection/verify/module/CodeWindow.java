package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.Bytes;

/**
 * Sixteen bytes of code, and where in a page they lie: modules begin a page, so that both are the
 * same wherever a module is loaded. Only for finding; what is found is compared byte by byte.
 */
final class CodeWindow {
  /** Bytes of a window. */
  static final int BYTES = 16;

  /** Windows begin at multiples of it. */
  static final int STEP = 8;

  // Odd constants with well-mixed bits: the fractional parts of the golden ratio and square roots.
  private static final long FIRST = 0x9e3779b97f4a7c15L;
  private static final long SECOND = 0x6a09e667f3bcc909L;
  private static final long THIRD = 0xbb67ae8584caa73bL;

  private CodeWindow() {}

  /**
   * The digest of the window at {@code at}.
   *
   * @param inPage where in its page it begins
   */
  static long digest(byte[] code, int at, int inPage) {
    long low = Bytes.longAt(code, at) * FIRST;
    long high = (Bytes.longAt(code, at + Long.BYTES) ^ inPage * THIRD) * SECOND;
    long mixed = (low ^ low >>> 29) + Long.rotateLeft(high, 31);
    mixed = (mixed ^ mixed >>> 32) * FIRST;
    return mixed ^ mixed >>> 29;
  }

  /** Where in its page the byte at {@code place} lies. */
  static int inPage(int place) {
    return place & PageBytes.SIZE - 1;
  }
}
