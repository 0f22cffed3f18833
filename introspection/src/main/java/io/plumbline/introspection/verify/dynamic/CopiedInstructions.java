package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ProbedText;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.Arrays;

/**
 * Whether code outside the image is a copy of one of its instructions, with only the distance of a
 * RIP-relative operand changed so that it reaches the same address (kernel {@code
 * arch/x86/kernel/kprobes/core.c}, __copy_instruction).
 */
final class CopiedInstructions {
  private final Rewriting text;
  private final ProbedText probed;
  private final InstructionDecoder decoder = InstructionDecoder.forMode(CodeMode.LONG_64);

  CopiedInstructions(Rewriting text, ProbedText probed) {
    this.text = text;
    this.probed = probed;
  }

  /**
   * The length of the instruction at {@code place} if {@code code} holds its copy, else 0.
   *
   * @param address linear, of {@code code[at]}
   */
  int lengthAt(byte[] code, int at, long address, int place) {
    byte[] original = probed.original(place);
    long instruction = decoder.decode(original, 0, original.length);
    int length = Instruction.length(instruction);
    if (instruction == Instruction.INVALID || at + length > code.length) {
      return 0;
    }
    int moving =
        Instruction.ripRelative(instruction) ? Instruction.displacementOffset(instruction) : length;
    for (int i = 0; i < length; i++) {
      boolean moves = i >= moving && i < moving + Integer.BYTES;
      if (!moves && code[at + i] != original[i]) {
        return 0;
      }
    }
    if (moving < length) {
      long reaches = Bytes.intAt(original, moving) + text.addressOf(text.layout().offsetOf(place));
      if (address + Bytes.intAt(code, at + moving) != reaches) {
        return 0;
      }
    }
    return length;
  }

  /**
   * Whether exactly {@code bytes} of {@code code} are copies of the instructions from a place on.
   */
  boolean fill(byte[] code, int at, long address, int place, int bytes) {
    int done = 0;
    while (done < bytes) {
      int length = lengthAt(code, at + done, address + done, place + done);
      if (length == 0) {
        return false;
      }
      done += length;
    }
    return done == bytes;
  }

  /** The length of the instruction that begins at {@code at}, whatever it is; 0 if none does. */
  int anyAt(byte[] code, int at) {
    return Instruction.length(decoder.decode(code, at, code.length));
  }

  /** A place of the text whose instruction {@code code} holds a copy of; -1 if there is none. */
  int find(byte[] code, int at, long address) {
    long instruction = decoder.decode(code, at, code.length);
    int fixed =
        Instruction.ripRelative(instruction)
            ? Instruction.displacementOffset(instruction)
            : Instruction.length(instruction);
    byte[] expected = text.expected();
    for (int place = 0; place <= text.layout().textBytes() - fixed; place++) {
      if (expected[place] == code[at]
          && Arrays.equals(expected, place, place + fixed, code, at, at + fixed)
          && lengthAt(code, at, address, place) > 0) {
        return place;
      }
    }
    return -1;
  }
}
