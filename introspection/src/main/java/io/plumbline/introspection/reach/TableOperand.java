package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.ControlFlow;
import io.plumbline.introspection.code.Instruction;

/**
 * Recognises the operand through which compilers read pointer tables: {@code [index*size + disp32]}
 * without a base register (Intel SDM volume 2A, section 2.1.5, table 2-3: ModRM.mod 0 and rm 100,
 * SIB.base 101), with the size of a pointer as the scale.
 */
final class TableOperand {
  static final long NONE = 0;

  private static final int MOV_LOAD = 0x8b;
  private static final int NO_INDEX = 4;

  private TableOperand() {}

  /** Address of the table that the instruction loads from or goes through, or {@link #NONE}. */
  static long of(byte[] code, int offset, long instruction, CodeMode mode) {
    if (Instruction.displacementSize(instruction) != 4
        || Instruction.map(instruction) != Instruction.MAP_ONE_BYTE
        || Instruction.fsOrGsOverride(instruction)) {
      return NONE;
    }
    ControlFlow flow = Instruction.flow(instruction);
    boolean loads = Instruction.opcode(instruction) == MOV_LOAD;
    if (!loads && flow != ControlFlow.INDIRECT_CALL && flow != ControlFlow.INDIRECT_JUMP) {
      return NONE;
    }
    int modrm = code[offset + Instruction.modrmOffset(instruction)] & 0xc7;
    int sib = code[offset + Instruction.modrmOffset(instruction) + 1] & 0xff;
    int scale = mode == CodeMode.LONG_64 ? 3 : 2;
    boolean indexed = modrm == 0x04 && (sib & 7) == 5 && sib >>> 6 == scale;
    if (!indexed || (sib >>> 3 & 7) == NO_INDEX) {
      return NONE;
    }
    int displacement = intAt(code, offset + Instruction.displacementOffset(instruction));
    return mode == CodeMode.LONG_64 ? displacement : displacement & 0xffff_ffffL;
  }

  private static int intAt(byte[] code, int at) {
    return (code[at] & 0xff)
        | (code[at + 1] & 0xff) << 8
        | (code[at + 2] & 0xff) << 16
        | code[at + 3] << 24;
  }
}
