package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.ControlFlow;
import io.plumbline.introspection.code.Instruction;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads the fixed addresses that instructions hold: displacements without a base register or
 * relative to RIP, displacements that are addresses themselves, and immediates (Intel SDM volume
 * 2A, sections 2.1.5 and 2.2.1.6). Which of them mean anything is told by what the guest has there.
 */
final class References {
  /** What an instruction does with an address. */
  enum Use {
    /** Calls or jumps through the pointer there. */
    GOES_THROUGH,
    /** Loads from, calls or jumps through the table of pointers there. */
    INDEXES,
    /** Has the address itself for a value. */
    TAKES,
    /** Reads or writes there. */
    ACCESSES
  }

  /** Who is told. */
  @FunctionalInterface
  interface Reader {
    /** The instruction holds {@code address}. */
    void holds(long address, Use use);
  }

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int LEA = 0x8d;
  private static final int MOV_IMMEDIATE = 0xc7;
  private static final int PUSH_IMMEDIATE = 0x68;
  private static final int MOV_REGISTER = 0xb8;
  private static final int REGISTERS = 8;
  private static final int MODRM_NO_BASE = 5;
  private static final int MODRM_SIB = 4;

  /** Addresses below are small numbers. */
  private static final long LOWEST = 1 << 16;

  private final CodeMode mode;
  private final long segmentBase;

  /**
   * @param segmentBase what FS or GS, whichever is not a program's, begins at; 0 if none is known
   */
  References(CodeMode mode, long segmentBase) {
    this.mode = mode;
    this.segmentBase = segmentBase;
  }

  /**
   * Tells what the instruction at {@code offset} of some code holds.
   *
   * @param site linear address of its first byte
   */
  void read(byte[] code, int offset, long instruction, long site, Reader reader) {
    int displacement = Instruction.displacementSize(instruction);
    if (displacement >= Integer.BYTES
        && (segmentBase != 0 || !Instruction.fsOrGsOverride(instruction))) {
      displacement(code, offset, instruction, site, reader);
    }
    if (Instruction.immediateSize(instruction) >= Integer.BYTES
        && !Instruction.flow(instruction).direct()) {
      immediate(code, offset, instruction, reader);
    }
  }

  private void displacement(byte[] code, int offset, long instruction, long site, Reader reader) {
    int at = offset + Instruction.displacementOffset(instruction);
    long address;
    if (Instruction.displacementSize(instruction) == Long.BYTES) {
      address = (long) LONG.get(code, at);
    } else if (Instruction.ripRelative(instruction)) {
      address = site + Instruction.length(instruction) + (int) INT.get(code, at);
    } else {
      address = widened((int) INT.get(code, at));
    }
    // What lies behind a segment register is a processor's own, and the same for all that it runs.
    boolean own = Instruction.fsOrGsOverride(instruction);
    tell(own ? address + segmentBase : address, useOf(code, offset, instruction), reader);
  }

  private Use useOf(byte[] code, int offset, long instruction) {
    if (Instruction.map(instruction) == Instruction.MAP_ONE_BYTE) {
      if (Instruction.opcode(instruction) == LEA) {
        return Use.TAKES;
      }
      if (TableOperand.of(code, offset, instruction, mode) != TableOperand.NONE) {
        return Use.INDEXES;
      }
      ControlFlow flow = Instruction.flow(instruction);
      boolean indirect = flow == ControlFlow.INDIRECT_CALL || flow == ControlFlow.INDIRECT_JUMP;
      if (indirect && isFixed(code, offset, instruction)) {
        return Use.GOES_THROUGH;
      }
    }
    return Use.ACCESSES;
  }

  /** Whether the operand's address is the displacement and nothing else. */
  private static boolean isFixed(byte[] code, int offset, long instruction) {
    int modrm = offset + Instruction.modrmOffset(instruction);
    int form = code[modrm] & 0xc7;
    // SIB with neither base nor index (table 2-3).
    return form == MODRM_NO_BASE || (form == MODRM_SIB && (code[modrm + 1] & 0x3f) == 0x25);
  }

  private void immediate(byte[] code, int offset, long instruction, Reader reader) {
    int at = offset + Instruction.immediateOffset(instruction);
    int opcode = Instruction.opcode(instruction);
    boolean oneByte = Instruction.map(instruction) == Instruction.MAP_ONE_BYTE;
    boolean pushes = oneByte && opcode == PUSH_IMMEDIATE;
    long address =
        switch (Instruction.immediateSize(instruction)) {
          case Integer.BYTES -> widened((int) INT.get(code, at), instruction, pushes);
          case Long.BYTES -> (long) LONG.get(code, at);
          default -> 0;
        };
    boolean takes =
        pushes
            || (oneByte
                && (opcode == MOV_IMMEDIATE
                    || (opcode >= MOV_REGISTER && opcode < MOV_REGISTER + REGISTERS)));
    tell(address, takes ? Use.TAKES : Use.ACCESSES, reader);
  }

  /** An operand of 32 bits is a number, whatever address it would be the end of. */
  private long widened(int value, long instruction, boolean pushes) {
    boolean address = mode == CodeMode.PROTECTED_32 || Instruction.wide(instruction) || pushes;
    return address ? widened(value) : 0;
  }

  private long widened(int value) {
    return mode == CodeMode.LONG_64 ? value : value & 0xffff_ffffL;
  }

  private static void tell(long address, Use use, Reader reader) {
    // Unsigned: kernels live in the upper half.
    if (Long.compareUnsigned(address, LOWEST) >= 0) {
      reader.holds(address, use);
    }
  }
}
