package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.ControlFlow;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ProbedText;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.function.LongPredicate;

/**
 * Whether code outside the texts is a copy of one of their instructions, with only the distance of
 * a RIP-relative operand changed so that it reaches the same address (kernel {@code
 * arch/x86/kernel/kprobes/core.c}, __copy_instruction).
 */
final class CopiedInstructions {
  /** All searches for originals together look at as many bytes as so many texts of the kernel. */
  private static final long MOST_KERNELS_SEARCHED = 32;

  private final ProbedTexts texts;
  private final long mostSearched;
  private final InstructionDecoder decoder = InstructionDecoder.forMode(CodeMode.LONG_64);
  private long searched;

  /**
   * @param texts that are copied from
   * @param kernelBytes of the kernel's text
   */
  CopiedInstructions(ProbedTexts texts, int kernelBytes) {
    this.texts = texts;
    this.mostSearched = MOST_KERNELS_SEARCHED * kernelBytes;
  }

  /**
   * The length of the instruction that {@code place} has if {@code code} holds its copy, else 0.
   *
   * @param address linear, of {@code code[at]}
   * @param place linear address of the original, which may lie in no text
   */
  int lengthAt(byte[] code, int at, long address, long place) {
    byte[] original = texts.original(place);
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
    boolean reaches =
        moving == length
            || address + Bytes.intAt(code, at + moving) == place + Bytes.intAt(original, moving);
    return reaches ? length : 0;
  }

  /** Whether exactly {@code bytes} of {@code code} are copies of the instructions from a place. */
  boolean fill(byte[] code, int at, long address, long place, int bytes) {
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

  /**
   * Bytes of the instructions from {@code at} on, {@code least} at least, if each goes on to the
   * next and some text has one that is the same but for displacement and immediate; else 0.
   */
  int straysFrom(byte[] code, int at, int least) {
    int done = 0;
    while (done < least) {
      long instruction = decoder.decode(code, at + done, code.length);
      if (instruction == Instruction.INVALID
          || Instruction.flow(instruction) != ControlFlow.NEXT
          || find(code, at + done, withoutNumbers(instruction), place -> true).isEmpty()) {
        return 0;
      }
      done += Instruction.length(instruction);
    }
    return done;
  }

  /** Bytes of an instruction before its displacement and immediate. */
  private static int withoutNumbers(long instruction) {
    return Instruction.displacementSize(instruction) > 0
        ? Instruction.displacementOffset(instruction)
        : Instruction.immediateSize(instruction) > 0
            ? Instruction.immediateOffset(instruction)
            : Instruction.length(instruction);
  }

  /** The length of the instruction that begins at {@code at}, whatever it is; 0 if none does. */
  int anyAt(byte[] code, int at) {
    return Instruction.length(decoder.decode(code, at, code.length));
  }

  /**
   * Linear address of an instruction that {@code code} holds a copy of; empty if there is none, or
   * too much was searched by now.
   */
  OptionalLong find(byte[] code, int at, long address) {
    long instruction = decoder.decode(code, at, code.length);
    int fixed =
        Instruction.ripRelative(instruction)
            ? Instruction.displacementOffset(instruction)
            : Instruction.length(instruction);
    return find(code, at, fixed, place -> lengthAt(code, at, address, place) > 0);
  }

  /**
   * Whether {@code bytes} of {@code code} are the last of an instruction that some text has.
   *
   * @param before bytes of it that are not there any more
   */
  boolean isEnd(byte[] code, int at, int bytes, int before) {
    return bytes > 0 && find(code, at, bytes, place -> endsAt(place, bytes, before)).isPresent();
  }

  private boolean endsAt(long place, int bytes, int before) {
    byte[] original = texts.original(place - before);
    long instruction = decoder.decode(original, 0, original.length);
    return Instruction.length(instruction) == before + bytes;
  }

  private OptionalLong find(byte[] code, int at, int fixed, LongPredicate isOriginal) {
    for (ProbedText text : texts.all()) {
      byte[] expected = text.text().expected();
      int end = text.text().layout().textBytes() - fixed;
      for (int place = 0; place <= end && searched++ < mostSearched; place++) {
        if (expected[place] == code[at]
            && Arrays.equals(expected, place, place + fixed, code, at, at + fixed)
            && isOriginal.test(text.address() + place)) {
          return OptionalLong.of(text.address() + place);
        }
      }
    }
    return OptionalLong.empty();
  }
}
