package io.plumbline.introspection.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalFormTest {
  private static final long SEED = 6110;

  private static byte[] canonical(CodeMode mode, byte[] code) {
    ByteSink sink = new ByteSink(16);
    InstructionDecoder decoder = InstructionDecoder.forMode(mode);
    int at = 0;
    while (at < code.length) {
      long instruction = decoder.decode(code, at, code.length);
      CanonicalForm.append(code, at, instruction, sink);
      at += Instruction.length(instruction);
    }
    return sink.toByteArray();
  }

  private static String canonical(CodeMode mode, String hex) {
    return HexFormat.of().formatHex(canonical(mode, HexFormat.of().parseHex(hex)));
  }

  @ParameterizedTest
  @CsvSource({
    "e812345678, e800000000",
    "eb10, eb00",
    "0f8412345678, 0f8400000000",
    "488b0512345678, 488b0500000000",
    "48c7c700000082, 48c7c700000000",
    "488b04c500100082, 488b04c500000000",
    "48b8000000000088ffff, 48b80000000000000000",
    "68f0ff0081, 6800000000",
    "488b45f8, 488b45f8",
    "4883c8ff, 4883c8ff",
    "48c7c0ffffffff, 48c7c0ffffffff",
    "b8f2ffffff, b8f2ffffff",
    "6548a12800000000000000, 6548a12800000000000000",
    "65488b042528000000, 65488b042528000000",
    "48c7c60000401d, 48c7c600000000",
    "48c7c60010401d, 48c7c60010401d",
    "48b80070990100000000, 48b80000000000000000",
    "48b80070990101000000, 48b80070990101000000",
    "f0480fb111, 480fb111",
    "3e480fb111, 480fb111"
  })
  void onlyAddressesAreMaskedIn64BitMode(String bytes, String canonical) {
    assertThat(canonical(CodeMode.LONG_64, bytes)).isEqualTo(canonical);
  }

  @ParameterizedTest
  @CsvSource({
    "a1001000c1, a100000000",
    "8b0d001000c1, 8b0d00000000",
    "b8f2ffffff, b8f2ffffff",
    "ea001000c16000, ea000000006000",
    "b800100000, b800100000"
  })
  void onlyAddressesAreMaskedIn32BitMode(String bytes, String canonical) {
    assertThat(canonical(CodeMode.PROTECTED_32, bytes)).isEqualTo(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"90", "6690", "0f1f440000", "f30f1efa", "f30f1efb", "66662e0f1f840000000000"})
  void nopsAndLandingPadsContributeNothing(String bytes) {
    assertThat(canonical(CodeMode.LONG_64, bytes)).isEmpty();
  }

  @Test
  void pauseIsNotANop() {
    assertThat(canonical(CodeMode.LONG_64, "f390")).isEqualTo("f390");
  }

  /** Absolute fields get the slide added, relative ones to what stays behind have it taken off. */
  @Test
  void theKernelAtAnotherSlideHasTheSameForm() {
    Random random = new Random(SEED);
    for (int round = 0; round < 2_000; round++) {
      long linked = 0xffffffff81000000L + random.nextInt(0x2000000);
      long slide = random.nextInt(0x1e0) * 0x200000L;
      int perCpu = random.nextInt(0x30000);
      assertThat(canonical(CodeMode.LONG_64, someCode(linked + slide, perCpu - slide)))
          .as("seed %d, round %d, slide 0x%x", SEED, round, slide)
          .isEqualTo(canonical(CodeMode.LONG_64, someCode(linked, perCpu)));
    }
  }

  @Test
  void anotherOperandOrOpcodeIsAnotherForm() {
    byte[] code = someCode(0xffffffff81000000L, 0x100);
    byte[] form = canonical(CodeMode.LONG_64, code);
    byte[] otherOffset = code.clone();
    otherOffset[3] = 0x18;
    byte[] otherOpcode = code.clone();
    otherOpcode[1] = (byte) 0x89;
    assertThat(canonical(CodeMode.LONG_64, otherOffset)).isNotEqualTo(form);
    assertThat(canonical(CodeMode.LONG_64, otherOpcode)).isNotEqualTo(form);
  }

  private static byte[] someCode(long symbol, long perCpu) {
    byte[] code =
        HexFormat.of()
            .parseHex(
                "488b4310" // mov rax, [rbx+0x10]
                    + "48c7c7AAAAAAAA" // mov rdi, symbol
                    + "488b04c5AAAAAAAA" // mov rax, [rax*8+symbol]
                    + "48b8BBBBBBBBBBBBBBBB" // movabs rax, symbol
                    + "65488b05CCCCCCCC" // mov rax, gs:[rip+per-CPU]
                    + "4883c8ff"); // or rax, -1
    put(code, 7, symbol, 4);
    put(code, 15, symbol, 4);
    put(code, 21, symbol, 8);
    put(code, 33, perCpu, 4);
    return code;
  }

  private static void put(byte[] code, int at, long value, int size) {
    for (int i = 0; i < size; i++) {
      code[at + i] = (byte) (value >> (8 * i));
    }
  }

  @Test
  void aSinkForgetsAndGrows() {
    ByteSink sink = new ByteSink(1);
    byte[] bytes = new byte[1000];
    Arrays.fill(bytes, (byte) 7);
    sink.append(bytes, 0, 1000);
    sink.appendZeros(3);
    assertThat(sink.length()).isEqualTo(1003);
    assertThat(sink.toByteArray()).startsWith(7, 7).endsWith(7, 0, 0, 0);
    sink.clear();
    assertThat(sink.toByteArray()).isEmpty();
  }
}
