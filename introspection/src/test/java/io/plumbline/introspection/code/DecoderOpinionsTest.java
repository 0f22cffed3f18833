package io.plumbline.introspection.code;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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
          unexplained.add(SecondOpinions.describe(code, 0, length, other));
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
    SecondOpinions.assertAgreesWithObjdump(code, mode, SLOT, folder);
  }

  @Test
  void theCodeOfThisJvmIsReadAsByObjdumpAndCapstone() throws Exception {
    byte[] code = slice(codeOfThisJvm());
    assumeTrue(code.length > 0, "no libjvm.so for x86-64 on this machine");
    if (Objdump.present()) {
      SecondOpinions.assertAgreesWithObjdump(code, CodeMode.LONG_64, 1, folder);
    }
    SecondOpinions.assertAgreesWithCapstone(code);
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
}
