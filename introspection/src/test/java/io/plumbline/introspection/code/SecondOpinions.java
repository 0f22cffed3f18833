package io.plumbline.introspection.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import java.util.function.IntBinaryOperator;

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

  /**
   * Nothing compared yet.
   *
   * @param tool capstone or objdump
   */
  public static Tally tally(String tool) throws IOException {
    return new Tally(tool);
  }

  /**
   * Both tools over all of {@code code}, save for the last bytes, which may be cut off: objdump
   * where its own sweep has an instruction begin, Capstone where the decoder's has. That sweep
   * begins anew at each of {@code starts}, as functions do.
   *
   * @param starts offsets, in any order
   * @param folder for a file of the code
   */
  public static void compare(
      Tally capstone, Tally objdump, byte[] code, CodeMode mode, int[] starts, Path folder)
      throws IOException, InterruptedException {
    BitSet anew = new BitSet(code.length);
    Arrays.stream(starts).forEach(anew::set);
    compare(
        capstone,
        objdump,
        new Compared(code, mode, 1, folder),
        (at, length) -> {
          int next = at + Math.max(1, length);
          int function = anew.nextSetBit(at + 1);
          return function > 0 && function < next ? function : next;
        });
  }

  /** Both tools at multiples of {@code step} only. */
  static void compareSlots(
      Tally capstone, Tally objdump, byte[] code, CodeMode mode, int step, Path folder)
      throws IOException, InterruptedException {
    compare(capstone, objdump, new Compared(code, mode, step, folder), (at, length) -> at + step);
  }

  private record Compared(byte[] code, CodeMode mode, int step, Path folder) {
    int end() {
      return code.length - InstructionDecoder.MAXIMUM_LENGTH;
    }

    Opinion decoder(int at) {
      return Opinion.ofDecoder(InstructionDecoder.forMode(mode), code, at, code.length);
    }

    Opinion capstone(CapstoneText capstone, int at) {
      return Opinion.ofCapstone(capstone, code, at, code.length);
    }
  }

  private static void compare(
      Tally capstone, Tally objdump, Compared compared, IntBinaryOperator next)
      throws IOException, InterruptedException {
    byte[] code = compared.code();
    BitSet agreed = new BitSet(code.length);
    try (CapstoneText text = CapstoneText.open(compared.mode()).orElseThrow()) {
      Objdump.read(
          code,
          compared.mode(),
          compared.step(),
          compared.folder(),
          (at, theirs) -> {
            if (at < compared.end()) {
              Opinion ours = compared.decoder(at);
              agreed.set(at, ours.equals(theirs));
              objdump.compare(
                  code,
                  at,
                  compared.mode(),
                  ours,
                  theirs,
                  () -> ours.equals(compared.capstone(text, at)));
            }
          });
      int at = 0;
      while (at < compared.end()) {
        int place = at;
        Opinion ours = compared.decoder(at);
        capstone.compare(
            code,
            at,
            compared.mode(),
            ours,
            compared.capstone(text, at),
            () -> agreed.get(place) || voidRex(compared, place));
        at = next.applyAsInt(at, ours.length());
      }
    }
  }

  /** Objdump ends its line at a void REX prefix and forgets the prefixes before: no opinion. */
  private static boolean voidRex(Compared compared, int at) {
    return Encoding.of(compared.code(), at, compared.mode()).words().contains("void");
  }

  /** Over all of {@code code}, read in one sweep. */
  public static void assertAgrees(byte[] code, CodeMode mode, Path folder)
      throws IOException, InterruptedException {
    Tally capstone = tally("capstone");
    Tally objdump = tally("objdump");
    compare(capstone, objdump, code, mode, new int[0], folder);
    capstone.assertAllExplained("Capstone");
    objdump.assertAllExplained("objdump");
    assertThat(capstone.compared()).isGreaterThan(code.length / 16);
    assertThat(objdump.compared()).isGreaterThan(code.length / 32);
  }
}
