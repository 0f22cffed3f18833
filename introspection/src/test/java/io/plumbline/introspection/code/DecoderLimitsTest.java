package io.plumbline.introspection.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DecoderLimitsTest {
  private static final long SEED = 4711;

  @ParameterizedTest
  @EnumSource
  void fifteenBytesAreTheMost(CodeMode mode) {
    InstructionDecoder decoder = InstructionDecoder.forMode(mode);
    byte[] code = new byte[32];
    Arrays.fill(code, (byte) 0x66);
    code[14] = (byte) 0x90;
    assertThat(Instruction.length(decoder.decode(code, 0, 32))).isEqualTo(15);
    code[14] = 0x66;
    code[15] = (byte) 0x90;
    assertThat(decoder.decode(code, 0, 32)).isEqualTo(Instruction.INVALID);
    assertThat(Instruction.length(decoder.decode(code, 1, 32))).isEqualTo(15);
  }

  @ParameterizedTest
  @EnumSource
  void anInstructionDependsOnItsOwnBytesOnly(CodeMode mode) {
    InstructionDecoder decoder = InstructionDecoder.forMode(mode);
    Random random = new Random(SEED);
    byte[] code = new byte[24];
    for (int i = 0; i < 100_000; i++) {
      random.nextBytes(code);
      long instruction = decoder.decode(code, 3, code.length);
      int length = Instruction.length(instruction);
      byte[] alone = Arrays.copyOfRange(code, 3, 3 + length);
      assertThat(decoder.decode(alone, 0, length))
          .as("seed %d, string %d", SEED, i)
          .isEqualTo(instruction);
      if (length > 0) {
        assertThat(decoder.decode(alone, 0, length - 1))
            .as("seed %d, string %d, cut off", SEED, i)
            .isEqualTo(Instruction.INVALID);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theFieldsLieInOrderInsideTheInstruction(CodeMode mode) {
    InstructionDecoder decoder = InstructionDecoder.forMode(mode);
    Random random = new Random(SEED);
    byte[] code = new byte[15];
    for (int i = 0; i < 100_000; i++) {
      random.nextBytes(code);
      long instruction = decoder.decode(code, 0, code.length);
      if (instruction == Instruction.INVALID) {
        continue;
      }
      int end = Instruction.length(instruction);
      int immediate = Instruction.immediateSize(instruction);
      if (immediate > 0) {
        assertThat(Instruction.immediateOffset(instruction) + immediate).isEqualTo(end);
        end = Instruction.immediateOffset(instruction);
      }
      int displacement = Instruction.displacementSize(instruction);
      if (displacement > 0) {
        assertThat(Instruction.displacementOffset(instruction) + displacement)
            .as("seed %d, string %d", SEED, i)
            .isEqualTo(end);
        end = Instruction.displacementOffset(instruction);
      }
      assertThat(end).isGreaterThan(Instruction.opcodeOffset(instruction));
      assertThat(Instruction.modrmOffset(instruction)).isLessThan(end);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "LONG_64, 90, NEXT, true",
    "LONG_64, 6690, NEXT, true",
    "LONG_64, 4190, NEXT, false",
    "LONG_64, f390, NEXT, false",
    "LONG_64, 0f1f440000, NEXT, true",
    "LONG_64, f00108, NEXT, false",
    "LONG_64, c7f800000000, BRANCH, false",
    "LONG_64, ff20, INDIRECT_JUMP, false",
    "LONG_64, ff10, INDIRECT_CALL, false",
    "LONG_64, ff28, FAR_JUMP, false",
    "LONG_64, ff18, FAR_CALL, false",
    "LONG_64, f20f01ca, SYSTEM_RETURN, false",
    "LONG_64, f30f01ca, SYSTEM_RETURN, false",
    "LONG_64, 480f07, SYSTEM_RETURN, false",
    "LONG_64, 0f0b, TRAP, false",
    "LONG_64, cc, TRAP, false",
    "LONG_64, f4, NEXT, false",
    "LONG_64, f30f01d9, NEXT, false",
    "PROTECTED_32, 9a000000000000, FAR_CALL, false",
    "PROTECTED_32, ea000000000000, FAR_JUMP, false",
    "PROTECTED_32, 66e90000, JUMP, false",
    "PROTECTED_32, c400, NEXT, false",
    "PROTECTED_32, 40, NEXT, false"
  })
  void anInstructionHasItsControlFlow(CodeMode mode, String bytes, ControlFlow flow, boolean nop) {
    byte[] code = HexFormat.of().parseHex(bytes);
    long instruction = InstructionDecoder.forMode(mode).decode(code, 0, code.length);
    assertThat(Instruction.length(instruction)).isEqualTo(code.length);
    assertThat(Instruction.flow(instruction)).isEqualTo(flow);
    assertThat(Instruction.nop(instruction)).isEqualTo(nop);
  }

  @Test
  void aSixteenBitJumpIsCutToSixteenBitsOutside64BitMode() {
    byte[] code = {0x66, (byte) 0xe9, 0x10, 0x00, 0x66, (byte) 0xeb, 0x10};
    InstructionDecoder decoder = InstructionDecoder.forMode(CodeMode.PROTECTED_32);
    long near = decoder.decode(code, 0, code.length);
    assertThat(Instruction.target(code, 0, near, 0xc123_4000L)).isEqualTo(0x4014);
    long shortJump = decoder.decode(code, 4, code.length);
    assertThat(Instruction.target(code, 4, shortJump, 0xc123_4004L)).isEqualTo(0x4017);
  }
}
