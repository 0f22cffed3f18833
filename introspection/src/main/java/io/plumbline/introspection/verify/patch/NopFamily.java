package io.plumbline.introspection.verify.patch;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * The instructions that do nothing, by length, of which a boot uses one set (kernel {@code
 * arch/x86/include/asm/nops.h}).
 */
public enum NopFamily {
  /** Up to 5.13, on 64-bit processors that have no fast {@code 0f 1f}. */
  K8(
      false,
      "6666666690",
      "90",
      "6690",
      "666690",
      "66666690",
      "6666906690",
      "666690666690",
      "66666690666690",
      "6666669066666690"),
  /** What Intel recommends (SDM volume 2B, NOP); the only set since 5.13. */
  P6(
      false,
      "0f1f440000",
      "90",
      "6690",
      "0f1f00",
      "0f1f4000",
      "0f1f440000",
      "660f1f440000",
      "0f1f8000000000",
      "0f1f840000000000"),
  /** The same since 6.5, with prefixes up to eleven bytes; longer ones are jumped over. */
  P6_LONG(
      true,
      "0f1f440000",
      "90",
      "6690",
      "0f1f00",
      "0f1f4000",
      "0f1f440000",
      "660f1f440000",
      "0f1f8000000000",
      "0f1f840000000000",
      "2e0f1f840000000000",
      "662e0f1f840000000000",
      "66662e0f1f840000000000");

  private static final byte JUMP_8 = (byte) 0xeb;
  private static final byte INT3 = (byte) 0xcc;

  private final boolean jumpsOver;

  @SuppressWarnings("ImmutableEnumChecker") // never written after construction
  private final byte[] five;

  @SuppressWarnings("ImmutableEnumChecker") // never written after construction
  private final byte[][] byLength;

  NopFamily(boolean jumpsOver, String five, String... byLength) {
    this.jumpsOver = jumpsOver;
    this.five = HexFormat.of().parseHex(five);
    this.byLength = Arrays.stream(byLength).map(HexFormat.of()::parseHex).toArray(byte[][]::new);
  }

  /** The five bytes that can be replaced while other processors run (NOP_ATOMIC5). */
  void putFive(byte[] code, int at) {
    System.arraycopy(five, 0, code, at, five.length);
  }

  /** Whether the five bytes at {@code at} are those of {@link #putFive}. */
  boolean isFive(byte[] code, int at) {
    return Bytes.intAt(code, at) == Bytes.intAt(five, 0)
        && code[at + Integer.BYTES] == five[Integer.BYTES];
  }

  /** Fills {@code length} bytes with as few instructions as the family needs. */
  void fill(byte[] code, int at, int length) {
    if (jumpsOver && length > byLength.length) {
      // add_nop() of 6.5 and newer; no padding of 128 bytes or more is known.
      code[at] = JUMP_8;
      code[at + 1] = (byte) (length - 2);
      Arrays.fill(code, at + 2, at + length, INT3);
      return;
    }
    int done = 0;
    while (done < length) {
      int piece = Math.min(length - done, byLength.length);
      System.arraycopy(byLength[piece - 1], 0, code, at + done, piece);
      done += piece;
    }
  }

  /** The sets that a kernel with classic or with merging alternatives may use. */
  static List<NopFamily> candidates(boolean merging) {
    return merging ? List.of(P6_LONG) : List.of(P6, K8);
  }
}
