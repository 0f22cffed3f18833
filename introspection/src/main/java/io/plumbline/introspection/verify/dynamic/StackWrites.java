package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.code.Instruction;
import java.util.BitSet;
import java.util.List;

/**
 * Which instructions of those that the BPF compiler emits write memory that is not the program's
 * own stack, which lies below RBP (Intel SDM volume 2D, tables ).
 */
final class StackWrites {
  private static final int MOD_REGISTER = 3;
  private static final int MOD_NO_DISPLACEMENT = 0;
  private static final int RBP = 5;
  private static final int REX = 0x40;
  private static final int REX_MASK = 0xf0;
  private static final int REX_B = 1;

  /** MAX_BPF_STACK, and what the prologue saves below it. */
  private static final int DEEPEST = 1024;

  private static final BitSet ONE_BYTE = new BitSet(256);
  private static final BitSet TWO_BYTE = new BitSet(256);

  static {
    // ADD, OR, ADC, SBB, AND, SUB, XOR to r/m; CMP reads.
    for (int row = 0; row < 0x38; row += 8) {
      ONE_BYTE.set(row, row + 2);
    }
    // Groups 1, 2, 3, 4, 5 and 11, XCHG and MOV; of some a few operations only read.
    List.of(0x80, 0x81, 0x83, 0x86, 0x87, 0x88, 0x89, 0x8c, 0x8f, 0xc0, 0xc1, 0xc6, 0xc7)
        .forEach(ONE_BYTE::set);
    ONE_BYTE.set(0xd0, 0xd4);
    List.of(0xf6, 0xf7, 0xfe, 0xff).forEach(ONE_BYTE::set);
    // SETcc, group 15 (all but fences), CMPXCHG, XADD.
    TWO_BYTE.set(0x90, 0xa0);
    List.of(0xae, 0xb0, 0xb1, 0xc0, 0xc1).forEach(TWO_BYTE::set);
  }

  private StackWrites() {}

  /** Whether the instruction at {@code at} may write anything but the program's stack. */
  static boolean leaveStack(byte[] code, int at, long instruction) {
    boolean twoBytes = Instruction.map(instruction) == Instruction.MAP_0F;
    BitSet writing = twoBytes ? TWO_BYTE : ONE_BYTE;
    if (!writing.get(Instruction.opcode(instruction))) {
      return false;
    }
    int modrmAt = at + Instruction.modrmOffset(instruction);
    int modrm = code[modrmAt] & 0xff;
    return modrm >> 6 != MOD_REGISTER && !isStack(code, at, modrmAt, modrm, twoBytes ? 2 : 1);
  }

  /** Whether the operand is RBP and a small negative displacement. */
  private static boolean isStack(byte[] code, int at, int modrmAt, int modrm, int opcodeBytes) {
    int rexAt = modrmAt - opcodeBytes - 1;
    boolean otherBase =
        rexAt >= at && (code[rexAt] & REX_MASK) == REX && (code[rexAt] & REX_B) != 0;
    int mod = modrm >> 6;
    if (otherBase || (modrm & 7) != RBP || mod == MOD_NO_DISPLACEMENT) {
      return false;
    }
    int displacement =
        mod == 1
            ? code[modrmAt + 1]
            : (code[modrmAt + 1] & 0xff)
                | (code[modrmAt + 2] & 0xff) << 8
                | (code[modrmAt + 3] & 0xff) << 16
                | code[modrmAt + 4] << 24;
    return displacement < 0 && displacement >= -DEEPEST;
  }
}
