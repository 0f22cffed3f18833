package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.verify.patch.CallAccounting;
import io.plumbline.introspection.verify.patch.ImageNames;
import io.plumbline.introspection.verify.patch.ReturnMode;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.BitSet;
import java.util.List;

/**
 * Whether a program that the BPF compiler made keeps to itself: it consists of the instructions
 * that the compiler emits ({@code arch/x86/net/bpf_jit_comp.c}), branches only to instructions of
 * its own, calls only the kernel's BPF helpers, makes no indirect branch and returns as this boot
 * does, and writes nothing but its own stack: a filter. A program that writes more may be as good,
 * but its shape does not say so.
 */
final class BpfConfinement {
  private static final List<String> HELPERS = List.of("bpf_", "__bpf_", "____bpf_");
  private static final BitSet ONE_BYTE = new BitSet(256);
  private static final BitSet TWO_BYTE = new BitSet(256);
  private static final int CALL = 0xe8;
  private static final int JUMP_32 = 0xe9;
  private static final int JUMP_8 = 0xeb;
  private static final int RETURN = 0xc3;
  private static final int GROUP_5 = 0xff;
  private static final byte INT3 = (byte) 0xcc;

  static {
    // Intel SDM volume 2D, table A-2: ALU, PUSH/POP, MOVSXD, Jcc, group 1, TEST, XCHG, MOV, LEA.
    for (int row = 0; row < 0x40; row += 8) {
      ONE_BYTE.set(row, row + 6);
    }
    ONE_BYTE.set(0x50, 0x60);
    List.of(0x63, 0x68, 0x69, 0x6a, 0x6b, 0x80, 0x81, 0x83, 0x8d, 0x90, 0x98, 0x99, 0xa8, 0xa9)
        .forEach(ONE_BYTE::set);
    ONE_BYTE.set(0x70, 0x80);
    ONE_BYTE.set(0x84, 0x8c);
    ONE_BYTE.set(0xb0, 0xc2);
    // INT3 stands behind a return that is not the last (straight-line speculation).
    List.of(RETURN, 0xc6, 0xc7, 0xc9, 0xcc, CALL, JUMP_32, JUMP_8, 0xf6, 0xf7, 0xfe, GROUP_5)
        .forEach(ONE_BYTE::set);
    ONE_BYTE.set(0xd0, 0xd4);
    // Table A-3: NOP, ENDBR, CMOVcc, Jcc, SETcc, LFENCE, IMUL, CMPXCHG, MOVZX, MOVSX, XADD, BSWAP.
    List.of(0x1e, 0x1f, 0xae, 0xaf, 0xb0, 0xb1, 0xb6, 0xb7, 0xbe, 0xbf, 0xc0, 0xc1)
        .forEach(TWO_BYTE::set);
    TWO_BYTE.set(0x40, 0x50);
    TWO_BYTE.set(0x80, 0xa0);
    TWO_BYTE.set(0xc8, 0xd0);
  }

  private final Rewriting text;
  private final ReturnMode returns;
  private final CallAccounting accounting;
  private final InstructionDecoder decoder = InstructionDecoder.forMode(CodeMode.LONG_64);

  BpfConfinement(Rewriting text, ReturnMode returns, CallAccounting accounting) {
    this.text = text;
    this.returns = returns;
    this.accounting = accounting;
  }

  /**
   * Judges a program.
   *
   * @param code its memory
   * @param from the program's first byte
   * @param to the byte after its memory, which INT3 fills up to
   * @param address linear address of {@code code}'s first byte
   */
  boolean holds(byte[] code, int from, int to, long address) {
    int end = to;
    while (end > from && (code[end - 1] == INT3 || code[end - 1] == 0)) {
      end--;
    }
    BitSet starts = new BitSet();
    BitSet targets = new BitSet();
    int at = from;
    boolean returned = false;
    while (at < end) {
      starts.set(at);
      at += countingBytes(code, at, end, address);
      long instruction = decoder.decode(code, at, to);
      if (instruction == Instruction.INVALID
          || !isEmitted(code, at, instruction)
          || StackWrites.leaveStack(code, at, instruction)) {
        return false;
      }
      starts.set(at);
      if (branches(instruction)) {
        long target = Instruction.target(code, at, instruction, address + at);
        if (isReturn(instruction, target)) {
          returned = true;
        } else if (isCall(instruction)) {
          if (!isHelper(target)) {
            return false;
          }
        } else if (target < address + from || target >= address + end) {
          return false;
        } else {
          targets.set((int) (target - address));
        }
      }
      returned |= isPlainReturn(instruction);
      at += Instruction.length(instruction);
    }
    targets.andNot(starts);
    return returned && targets.isEmpty();
  }

  /** Bytes that only count the call which follows them. */
  private int countingBytes(byte[] code, int at, int end, long address) {
    int bytes = accounting.lengthAt(code, at, address + at);
    return at + bytes < end && code[at + bytes] == (byte) CALL ? bytes : 0;
  }

  private static boolean isEmitted(byte[] code, int at, long instruction) {
    int opcode = Instruction.opcode(instruction);
    int map = Instruction.map(instruction);
    if (map == Instruction.MAP_0F) {
      return TWO_BYTE.get(opcode);
    }
    if (map != Instruction.MAP_ONE_BYTE || !ONE_BYTE.get(opcode)) {
      return false;
    }
    if (opcode == GROUP_5) {
      // INC, DEC and PUSH; the others are indirect branches (table A-6).
      int operation = code[at + Instruction.modrmOffset(instruction)] >> 3 & 7;
      return operation <= 1 || operation == 6;
    }
    return true;
  }

  private static boolean branches(long instruction) {
    return Instruction.flow(instruction).direct();
  }

  private static boolean isCall(long instruction) {
    return Instruction.map(instruction) == Instruction.MAP_ONE_BYTE
        && Instruction.opcode(instruction) == CALL;
  }

  private boolean isReturn(long instruction, long target) {
    return Instruction.map(instruction) == Instruction.MAP_ONE_BYTE
        && Instruction.opcode(instruction) == JUMP_32
        && returns.kind() != ReturnMode.Kind.PLAIN
        && target == text.addressOf(returns.thunk());
  }

  private static boolean isPlainReturn(long instruction) {
    return Instruction.map(instruction) == Instruction.MAP_ONE_BYTE
        && Instruction.opcode(instruction) == RETURN;
  }

  private boolean isHelper(long target) {
    ImageNames names = text.layout().names();
    long offset = text.offsetOf(target);
    return names.isEntry(offset) && HELPERS.stream().anyMatch(names.nameOf(offset)::startsWith);
  }
}
