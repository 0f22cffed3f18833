package io.plumbline.introspection.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Holds the decoder against other tools on given code; every difference must be one that {@code
 * explained-disagreements.txt} explains. Shared with the tests of modules that have real kernels.
 */
public final class SecondOpinions {
  private SecondOpinions() {}

  /** Whether objdump (binutils) is on the path. */
  public static boolean objdumpPresent() {
    return Objdump.present();
  }

  /** Whether Capstone is on this machine. */
  public static boolean capstonePresent() {
    Optional<CapstoneText> opened = CapstoneText.open(CodeMode.LONG_64);
    opened.ifPresent(CapstoneText::close);
    return opened.isPresent();
  }

  /** At every multiple of {@code step} where objdump's sweep has an instruction begin. */
  public static void assertAgreesWithObjdump(byte[] code, CodeMode mode, int step, Path folder)
      throws IOException, InterruptedException {
    ExplainedDisagreements explained = ExplainedDisagreements.with("objdump");
    InstructionDecoder decoder = InstructionDecoder.forMode(mode);
    int[] lengths = Objdump.lengths(code, mode, folder);
    List<String> unexplained = new ArrayList<>();
    int compared = 0;
    for (int at = 0; at < code.length - 16; at += step) {
      if (lengths[at] == Objdump.NOT_A_START) {
        continue;
      }
      compared++;
      int length = Instruction.length(decoder.decode(code, at, code.length));
      if (length != lengths[at] && !explained.cover(code, at, mode, length, lengths[at])) {
        unexplained.add(describe(code, at, length, lengths[at]));
      }
    }
    assertThat(unexplained).isEmpty();
    assertThat(compared).isGreaterThan(code.length / Math.max(step, 16) / 2);
  }

  /** Over all of {@code code}; where no Capstone is, nothing is compared. */
  public static void assertAgreesWithCapstone(byte[] code) throws IOException {
    Optional<CapstoneText> opened = CapstoneText.open(CodeMode.LONG_64);
    if (opened.isEmpty()) {
      return;
    }
    ExplainedDisagreements explained = ExplainedDisagreements.with("capstone");
    InstructionDecoder decoder = InstructionDecoder.forMode(CodeMode.LONG_64);
    try (CapstoneText capstone = opened.get()) {
      DecoderComparison comparison =
          DecoderComparison.linear(decoder, capstone, code, 0, Integer.MAX_VALUE);
      assertThat(comparison.disagreements())
          .hasSize((int) comparison.total())
          .allMatch(
              d ->
                  d.address() > code.length - 16
                      || explained.cover(
                          code,
                          (int) d.address(),
                          CodeMode.LONG_64,
                          d.length(),
                          d.capstoneLength()));
      assertThat(comparison.compared()).isGreaterThan(code.length / 16);
    }
  }

  static String describe(byte[] code, int at, int length, int other) {
    String bytes = HexFormat.of().formatHex(code, at, Math.min(code.length, at + 15));
    return String.format("%s: decoder %d, other %d", bytes, length, other);
  }
}
