package io.plumbline.introspection.code;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CapstoneTextTest {
  private static final byte[] CALL = {(byte) 0xe8, 1, 0, 0, 0};

  private static CapstoneText open(CodeMode mode) {
    Optional<CapstoneText> capstone = CapstoneText.open(mode);
    assumeTrue(capstone.isPresent(), CapstoneText.availability());
    return capstone.get();
  }

  @Test
  void availabilityTellsWhichLibraryOrHowToGetIt() {
    Optional<CapstoneText> capstone = CapstoneText.open(CodeMode.LONG_64);
    boolean available = capstone.isPresent();
    capstone.ifPresent(CapstoneText::close);
    assertThat(CapstoneText.availability())
        .contains(available ? "Capstone" : "install libcapstone4");
  }

  @Test
  void anInstructionHasTextAtItsAddress() {
    try (CapstoneText capstone = open(CodeMode.LONG_64)) {
      assertThat(capstone.disassemble(CALL, 0, 5, 0x1000)).contains("call 0x1006");
      assertThat(capstone.disassemble(new byte[] {0, (byte) 0xc3}, 1, 2, 0)).contains("ret");
      assertThat(capstone.length(CALL, 0, 5)).isEqualTo(5);
    }
  }

  @Test
  void bytesThatAreCutOffOrNoInstructionHaveNoText() {
    try (CapstoneText capstone = open(CodeMode.LONG_64)) {
      assertThat(capstone.disassemble(CALL, 0, 4, 0)).isEmpty();
      assertThat(capstone.disassemble(CALL, 5, 5, 0)).isEmpty();
      assertThat(capstone.length(new byte[] {6}, 0, 1)).isZero();
    }
    try (CapstoneText capstone = open(CodeMode.PROTECTED_32)) {
      assertThat(capstone.disassemble(new byte[] {6}, 0, 1, 0)).contains("push es");
    }
  }

  @Test
  void aWholeBufferIsCountedAcrossChunksAndBadBytes() {
    try (CapstoneText capstone = open(CodeMode.LONG_64)) {
      byte[] code = new byte[5 * 3001 + 1];
      for (int at = 0; at + 5 <= code.length; at += 5) {
        System.arraycopy(CALL, 0, code, at, 5);
      }
      code[code.length - 1] = 6;
      assertThat(capstone.countInstructions(code)).isEqualTo(3001);
      byte[] bad = new byte[100];
      Arrays.fill(bad, (byte) 6);
      bad[50] = (byte) 0xc3;
      assertThat(capstone.countInstructions(bad)).isEqualTo(1);
    }
  }

  @Test
  void aClosedHandleRefusesAndClosesOnce() {
    CapstoneText capstone = open(CodeMode.LONG_64);
    capstone.close();
    capstone.close();
    assertThatThrownBy(() -> capstone.length(CALL, 0, 5))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void aComparisonKeepsItsBoundAndCountsAll() {
    byte[] twoUd1 = {0x0f, (byte) 0xb9, (byte) 0xcc, (byte) 0xc3, 0x0f, (byte) 0xb9, (byte) 0xcc};
    InstructionDecoder decoder = InstructionDecoder.forMode(CodeMode.LONG_64);
    try (CapstoneText capstone = open(CodeMode.LONG_64)) {
      assumeTrue(CapstoneText.availability().startsWith("Capstone 4"), "version 5 reads UD1 right");
      DecoderComparison comparison = DecoderComparison.linear(decoder, capstone, twoUd1, 0x1000, 1);
      assertThat(comparison.compared()).isEqualTo(3);
      assertThat(comparison.total()).isEqualTo(2);
      assertThat(comparison.disagreements())
          .isEqualTo(List.of(new DecoderComparison.Disagreement(0x1000, "0fb9cc", 3, 2)));
    }
  }
}
