package io.plumbline.introspection.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
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

  /**
   * At every multiple of {@code step} where objdump's sweep has an instruction begin, save for the
   * last bytes, which may be cut off.
   *
   * @param folder for a file of the code
   */
  public static Tally objdump(byte[] code, CodeMode mode, int step, Path folder)
      throws IOException, InterruptedException {
    Tally tally = new Tally("objdump");
    compareObjdump(tally, code, mode, step, folder);
    return tally;
  }

  /**
   * Nothing compared yet.
   *
   * @param tool capstone or objdump
   */
  public static Tally tally(String tool) throws IOException {
    return new Tally(tool);
  }

  /** Adds to {@code tally} what {@link #objdump} compares. */
  public static void compareObjdump(Tally tally, byte[] code, CodeMode mode, int step, Path folder)
      throws IOException, InterruptedException {
    InstructionDecoder decoder = InstructionDecoder.forMode(mode);
    int end = code.length - InstructionDecoder.MAXIMUM_LENGTH;
    Objdump.read(
        code,
        mode,
        step,
        folder,
        (at, theirs) -> {
          if (at < end) {
            Opinion ours = Opinion.ofDecoder(decoder, code, at, code.length);
            tally.compare(code, at, mode, ours, theirs);
          }
        });
  }

  /**
   * Over all of {@code code}, going on where the decoder says that the instruction ends; at
   * multiples of {@code step} only, if that is more than 1.
   */
  public static Tally capstone(byte[] code, CodeMode mode, int step) throws IOException {
    Tally tally = new Tally("capstone");
    compareCapstone(tally, code, mode, step);
    return tally;
  }

  static void compareCapstone(Tally tally, byte[] code, CodeMode mode, int step) {
    InstructionDecoder decoder = InstructionDecoder.forMode(mode);
    int end = code.length - InstructionDecoder.MAXIMUM_LENGTH;
    try (CapstoneText capstone = CapstoneText.open(mode).orElseThrow()) {
      int at = 0;
      while (at < end) {
        Opinion ours = Opinion.ofDecoder(decoder, code, at, code.length);
        Opinion theirs = Opinion.ofCapstone(capstone, code, at, code.length);
        tally.compare(code, at, mode, ours, theirs);
        at += step > 1 ? step : Math.max(1, ours.length());
      }
    }
  }

  /**
   * Over all of {@code code} in a linear sweep that begins anew at each of {@code starts}, as
   * functions do.
   *
   * @param starts offsets, in any order
   */
  public static void compareCapstone(Tally tally, byte[] code, CodeMode mode, int[] starts) {
    InstructionDecoder decoder = InstructionDecoder.forMode(mode);
    BitSet anew = new BitSet(code.length);
    Arrays.stream(starts).forEach(anew::set);
    int end = code.length - InstructionDecoder.MAXIMUM_LENGTH;
    try (CapstoneText capstone = CapstoneText.open(mode).orElseThrow()) {
      int at = 0;
      while (at < end) {
        Opinion ours = Opinion.ofDecoder(decoder, code, at, code.length);
        Opinion theirs = Opinion.ofCapstone(capstone, code, at, code.length);
        tally.compare(code, at, mode, ours, theirs);
        int next = at + Math.max(1, ours.length());
        int function = anew.nextSetBit(at + 1);
        at = function > 0 && function < next ? function : next;
      }
    }
  }

  /** At every instruction that objdump's sweep finds in {@code code}. */
  public static void assertAgreesWithObjdump(byte[] code, CodeMode mode, int step, Path folder)
      throws IOException, InterruptedException {
    Tally tally = objdump(code, mode, step, folder);
    tally.assertAllExplained("objdump");
    assertThat(tally.compared()).isGreaterThan(code.length / Math.max(step, 16) / 2);
  }

  /** Over all of {@code code}; where no Capstone is, nothing is compared. */
  public static void assertAgreesWithCapstone(byte[] code) throws IOException {
    if (capstonePresent()) {
      Tally tally = capstone(code, CodeMode.LONG_64, 1);
      tally.assertAllExplained("Capstone");
      assertThat(tally.compared()).isGreaterThan(code.length / 16);
    }
  }
}
