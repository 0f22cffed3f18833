package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;

/**
 * What the kernel makes of single-byte NOPs at a site that it looked at (kernel {@code
 * arch/x86/kernel/alternative.c}, optimize_nops: the form of 5.10 to 6.4, and the one since 6.5).
 */
final class NopRewriter {
  private static final byte NOP = (byte) 0x90;

  private final NopFamily family;
  private final boolean merging;
  private final InstructionDecoder decoder;

  NopRewriter(NopFamily family, InstructionDecoder decoder) {
    this.family = family;
    this.merging = family == NopFamily.P6_LONG;
    this.decoder = decoder;
  }

  NopFamily family() {
    return family;
  }

  void optimise(byte[] code, int at, int length) {
    if (merging) {
      merge(code, at, length);
    } else if (hasPair(code, at, at + length)) {
      joinSingles(code, at, length);
    }
  }

  private static boolean hasPair(byte[] code, int from, int end) {
    for (int i = from + 1; i < end; i++) {
      if (code[i] == NOP && code[i - 1] == NOP) {
        return true;
      }
    }
    return false;
  }

  /** Runs of two or more single-byte NOPs, between instructions that stay. */
  private void joinSingles(byte[] code, int at, int length) {
    int end = at + length;
    int i = at;
    while (i < end) {
      long instruction = decoder.decode(code, i, code.length);
      if (instruction == Instruction.INVALID) {
        return;
      }
      if (code[i] != NOP) {
        i += Instruction.length(instruction);
        continue;
      }
      int from = i;
      while (i < end && code[i] == NOP) {
        i++;
      }
      if (i - from > 1) {
        family.fill(code, from, i - from);
      }
    }
  }

  /** Neighbouring NOPs of any length become one; a lone one that ends the site stays. */
  private void merge(byte[] code, int at, int length) {
    int end = at + length;
    int i = at;
    while (i < end) {
      long instruction = decoder.decode(code, i, code.length);
      if (instruction == Instruction.INVALID) {
        return;
      }
      int next = i + Instruction.length(instruction);
      if (isNop(code, i, instruction)) {
        if (next == end) {
          return;
        }
        next = skipNops(code, next, end);
        family.fill(code, i, next - i);
      }
      i = next;
    }
  }

  private int skipNops(byte[] code, int from, int end) {
    int i = from;
    while (i < end) {
      long instruction = decoder.decode(code, i, code.length);
      if (instruction == Instruction.INVALID || !isNop(code, i, instruction)) {
        break;
      }
      i += Instruction.length(instruction);
    }
    return i;
  }

  /** insn_is_nop: 90 without REP, and NOPL. */
  private static boolean isNop(byte[] code, int at, long instruction) {
    int opcode = Instruction.opcode(instruction);
    int map = Instruction.map(instruction);
    boolean exchange = map == Instruction.MAP_ONE_BYTE && opcode == 0x90;
    return (exchange && (code[at] & 0xff) != 0xf3) || (map == Instruction.MAP_0F && opcode == 0x1f);
  }
}
