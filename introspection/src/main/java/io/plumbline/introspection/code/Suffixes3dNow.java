package io.plumbline.introspection.code;

import java.util.BitSet;

/** The opcodes that end a 3DNow! instruction (AMD APM volume 3, appendix A, table A-13). */
final class Suffixes3dNow {
  private static final BitSet VALID = new BitSet(256);

  static {
    int[] suffixes = {
      0x0c, 0x0d, 0x1c, 0x1d, 0x8a, 0x8e, 0x90, 0x94, 0x96, 0x97, 0x9a, 0x9e, 0xa0, 0xa4, 0xa6,
      0xa7, 0xaa, 0xae, 0xb0, 0xb4, 0xb6, 0xb7, 0xbb, 0xbf
    };
    for (int suffix : suffixes) {
      VALID.set(suffix);
    }
  }

  private Suffixes3dNow() {}

  static boolean valid(int suffix) {
    return VALID.get(suffix);
  }
}
