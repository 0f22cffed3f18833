package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.golden.image.ImageSymbols;

/**
 * The code of a module that is not as it must be, to show what changed.
 *
 * @param expected what the guest should hold, by place
 * @param guest what it holds, by place; zeros where it cannot be read
 * @param symbols of the module
 */
public record ChangedText(byte[] expected, byte[] guest, ImageSymbols symbols) {
  /** How far back a function's beginning is looked for, to find where instructions begin. */
  private static final int LONGEST_FUNCTION = 1 << 18;

  /**
   * The first byte of the instruction that the byte at {@code place} belongs to; instructions are
   * counted from the function's beginning, as the code should be.
   */
  public int instructionAt(int place) {
    int symbol = symbols.indexAtOrBefore(place);
    long start = symbol < 0 ? -1 : symbols.offsets()[symbol];
    if (start < 0 || place - start > LONGEST_FUNCTION || isBlankFrom(place)) {
      return place;
    }
    InstructionDecoder decoder = InstructionDecoder.forMode(CodeMode.LONG_64);
    int at = (int) start;
    while (true) {
      long instruction = decoder.decode(expected, at, expected.length);
      int next = at + (instruction == Instruction.INVALID ? 1 : Instruction.length(instruction));
      if (next > place) {
        return at;
      }
      at = next;
    }
  }

  /** Whether no code should follow: what fills a module's last page is no instruction. */
  private boolean isBlankFrom(int place) {
    for (int i = place; i < expected.length; i++) {
      if (expected[i] != 0) {
        return false;
      }
    }
    return true;
  }

  /** The first byte from {@code from} on, and before {@code to}, that is not as it must be. */
  public int firstChange(int from, int to) {
    int first = from;
    while (first < to - 1 && expected[first] == guest[first]) {
      first++;
    }
    return first;
  }
}
