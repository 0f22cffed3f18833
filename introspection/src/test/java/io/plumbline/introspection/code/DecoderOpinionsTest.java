package io.plumbline.introspection.code;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The decoder against Capstone and objdump, on byte strings and on real code: whether there is an
 * instruction, its length, where control can go and the target of a direct transfer. Every
 * difference must be one that {@code explained-disagreements.txt} explains.
 *
 * <p>System property {@code plumbline.fuzz.strings} says how many strings, of which each mode gets
 * half, and has the classes of disagreements printed; {@code plumbline.fuzz.seed} chooses others.
 */
class DecoderOpinionsTest {
  private static final String STRINGS_PROPERTY = "plumbline.fuzz.strings";
  private static final long STRINGS = Long.getLong(STRINGS_PROPERTY, 60_000);
  private static final long SEED = Long.getLong("plumbline.fuzz.seed", 20090909);

  /** A string and what brings objdump's sweep back into step: prefixes, and a NOP at the end. */
  private static final int SLOT = 32;

  /** Strings in one run of objdump. */
  private static final int ROUND = 1 << 18;

  private static final int REAL_CODE = 1 << 20;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void byteStringsAreReadAsByCapstoneAndObjdumpSaveForWhatIsExplained(CodeMode mode)
      throws Exception {
    assumeTrue(SecondOpinions.capstonePresent(), CapstoneText.availability());
    assumeTrue(Objdump.present(), "objdump (binutils) is not installed");
    Tally capstone = new Tally("capstone");
    Tally objdump = new Tally("objdump");
    ByteStrings strings = new ByteStrings(SEED, mode);
    long left = STRINGS / 2;
    while (left > 0) {
      byte[] code = slots(strings, (int) Math.min(left, ROUND));
      SecondOpinions.compareSlots(capstone, objdump, code, mode, SLOT, folder);
      left -= ROUND;
    }
    if (System.getProperty(STRINGS_PROPERTY) != null) {
      System.out.println(mode + ", seed " + SEED + ": Capstone\n" + capstone.classes());
      System.out.println(mode + ", seed " + SEED + ": objdump\n" + objdump.classes());
    }
    capstone.assertAllExplained("Capstone, " + mode + ", seed " + SEED);
    objdump.assertAllExplained("objdump, " + mode + ", seed " + SEED);
    assertThat(capstone.compared()).isEqualTo(STRINGS / 2);
    assertThat(objdump.compared()).isEqualTo(STRINGS / 2);
    assertThat(capstone.instructions()).isGreaterThan(STRINGS / 5);
  }

  /** The last slot is followed by one that is not compared. */
  private static byte[] slots(ByteStrings strings, int count) {
    byte[] code = new byte[(count + 1) * SLOT];
    Arrays.fill(code, (byte) 0x66);
    for (int at = 0; at < count * SLOT; at += SLOT) {
      System.arraycopy(strings.next(), 0, code, at, ByteStrings.LENGTH);
      code[at + SLOT - 1] = (byte) 0x90;
    }
    return Arrays.copyOf(code, count * SLOT + InstructionDecoder.MAXIMUM_LENGTH);
  }

  @Test
  void theCodeOfThisJvmIsReadAsByObjdumpAndCapstone() throws Exception {
    byte[] code = slice(codeOfThisJvm());
    assumeTrue(code.length > 0, "no libjvm.so for x86-64 on this machine");
    assumeTrue(SecondOpinions.capstonePresent(), CapstoneText.availability());
    assumeTrue(Objdump.present(), "objdump (binutils) is not installed");
    SecondOpinions.assertAgrees(code, CodeMode.LONG_64, folder);
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
