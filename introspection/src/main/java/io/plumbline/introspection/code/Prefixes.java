package io.plumbline.introspection.code;

import java.util.Arrays;

/**
 * What each prefix byte changes (Intel SDM volume 2A, sections 2.1.1 and 2.2.1): bits in the layout
 * of {@link Instruction}, plus three that live only while one instruction is decoded.
 */
final class Prefixes {
  static final int[] LEGACY = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3};

  /** A REX prefix stands right before the opcode. */
  static final long REX = 1L << 60;

  static final long REX_B = 1L << 61;
  static final long REX_R = 1L << 62;
  static final long TRANSIENT = REX | REX_B | REX_R;

  private static final long ANY_REX = REX | REX_B | REX_R | Instruction.WIDE;

  /** Bits that stay set when this prefix follows. */
  final long[] kept = new long[256];

  final long[] added = new long[256];

  Prefixes(CodeMode mode) {
    // A REX prefix counts only right before the opcode: any prefix after it makes it void.
    Arrays.fill(kept, ~ANY_REX);
    added[0x66] = Instruction.OPERAND_SIZE;
    added[0x67] = Instruction.ADDRESS_SIZE;
    added[0xf0] = Instruction.LOCK;
    // Of F2 and F3 the last one counts, for mandatory prefixes and for string instructions alike.
    kept[0xf2] &= ~Instruction.REP;
    added[0xf2] = Instruction.REPNE;
    kept[0xf3] &= ~Instruction.REPNE;
    added[0xf3] = Instruction.REP;
    added[0x64] = Instruction.FS_OR_GS;
    added[0x65] = Instruction.FS_OR_GS;
    if (mode == CodeMode.LONG_64) {
      for (int rex = 0x40; rex < 0x50; rex++) {
        added[rex] =
            REX
                | ((rex & 8) != 0 ? Instruction.WIDE : 0)
                | ((rex & 4) != 0 ? REX_R : 0)
                | ((rex & 1) != 0 ? REX_B : 0);
      }
    } else {
      // The last segment override counts; in 64-bit mode those other than FS and GS mean nothing.
      for (int segment : new int[] {0x26, 0x2e, 0x36, 0x3e}) {
        kept[segment] &= ~Instruction.FS_OR_GS;
      }
    }
  }

  /**
   * The mandatory prefix in effect: 0 none, 1 66, 2 F3, 3 F2 (the pp field's numbers); F2 and F3
   * outrank 66 (Intel SDM volume 2A, section 2.1.2).
   */
  static int mandatory(long flags) {
    return (flags & Instruction.REP) != 0
        ? 2
        : (flags & Instruction.REPNE) != 0 ? 3 : (int) (flags >>> 45) & 1;
  }
}
