package io.plumbline.introspection.code;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The decoder against Capstone and objdump, on random bytes and on real code. Every difference must
 * be one that {@code explained-disagreements.txt} explains.
 */
class DecoderOpinionsTest {
  private static final long SEED = 20090909;
  private static final int STRINGS_FOR_CAPSTONE = 200_000;
  private static final int STRINGS_FOR_OBJDUMP = 20_000;

  /** Random bytes and as many NOPs as bring objdump's sweep back into step. */
  private static final int SLOT = 32;

  private static final int REAL_CODE = 1 << 20;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void randomBytesAreReadAsByCapstoneSaveForWhatIsExplained(CodeMode mode) throws IOException {
    Optional<CapstoneText> opened = CapstoneText.open(mode);
    assumeTrue(opened.isPresent(), CapstoneText.availability());
    ExplainedDisagreements explained = ExplainedDisagreements.with("capstone");
    InstructionDecoder decoder = InstructionDecoder.forMode(mode);
    Random random = new Random(SEED);
    byte[] code = new byte[18];
    List<String> unexplained = new ArrayList<>();
    int instructions = 0;
    try (CapstoneText capstone = opened.get()) {
      for (int i = 0; i < STRINGS_FOR_CAPSTONE; i++) {
        random.nextBytes(code);
        int length = Instruction.length(decoder.decode(code, 0, 15));
        int other = capstone.length(code, 0, 15);
        instructions += Integer.signum(length);
        if (length != other && !explained.cover(code, 0, mode, length, other)) {
          unexplained.add(describe(code, 0, length, other));
        }
      }
    }
    assertThat(unexplained).as("seed %d", SEED).isEmpty();
    assertThat(instructions).isGreaterThan(STRINGS_FOR_CAPSTONE / 2);
  }

  @ParameterizedTest
  @EnumSource
  void randomBytesAreReadAsByObjdumpSaveForWhatIsExplained(CodeMode mode) throws Exception {
    assumeTrue(Objdump.present(), "objdump (binutils) is not installed");
    byte[] code = new byte[STRINGS_FOR_OBJDUMP * SLOT];
    Arrays.fill(code, (byte) 0x90);
    Random random = new Random(SEED);
    byte[] string = new byte[InstructionDecoder.MAXIMUM_LENGTH];
    for (int at = 0; at < code.length; at += SLOT) {
      random.nextBytes(string);
      System.arraycopy(string, 0, code, at, string.length);
    }
    assertAgreesWithObjdump(code, mode, SLOT);
  }

  @Test
  void theCodeOfThisJvmIsReadAsByObjdumpAndCapstone() throws Exception {
    byte[] code = slice(codeOfThisJvm());
    assumeTrue(code.length > 0, "no libjvm.so for x86-64 on this machine");
    if (Objdump.present()) {
      assertAgreesWithObjdump(code, CodeMode.LONG_64, 1);
    }
    assertAgreesWithCapstone(code);
  }

  /** For a developer: {@code -Dplumbline.kernel.text=FILE}, the raw bytes of a kernel's .text. */
  @Test
  void aKernelTextIsReadAsByObjdumpAndCapstone() throws Exception {
    String file = System.getProperty("plumbline.kernel.text");
    assumeTrue(file != null, "plumbline.kernel.text names no file");
    byte[] code = Files.readAllBytes(Path.of(file));
    assertAgreesWithObjdump(code, CodeMode.LONG_64, 1);
    assertAgreesWithCapstone(code);
  }

  /** At every multiple of {@code step} where objdump's sweep has an instruction begin. */
  private void assertAgreesWithObjdump(byte[] code, CodeMode mode, int step) throws Exception {
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
    assertThat(unexplained).as("seed %d", SEED).isEmpty();
    assertThat(compared).isGreaterThan(code.length / Math.max(step, 16) / 2);
  }

  private static void assertAgreesWithCapstone(byte[] code) throws IOException {
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

  private static byte[] codeOfThisJvm() throws IOException {
    Path library = Path.of(System.getProperty("java.home"), "lib", "server", "libjvm.so");
    boolean x86 = System.getProperty("os.arch").equals("amd64");
    return x86 && Files.exists(library) ? Files.readAllBytes(library) : new byte[0];
  }

  /** A third into the file lies the text section; what is compared need not begin at its start. */
  private static byte[] slice(byte[] file) {
    int from = file.length / 3;
    return Arrays.copyOfRange(file, from, from + Math.min(REAL_CODE, file.length - from));
  }

  private static String describe(byte[] code, int at, int length, int other) {
    String bytes = HexFormat.of().formatHex(code, at, Math.min(code.length, at + 15));
    return String.format("%s: decoder %d, other %d", bytes, length, other);
  }
}
