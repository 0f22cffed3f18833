package io.plumbline.signaturestore.keep;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Places of fields in code, told by what the code holds there: a field that is linked later is
 * zero, and hardly any other four bytes of code are. A bit for each run of zeros says whether a
 * field begins there; fields elsewhere are listed.
 */
final class FieldPlaces {
  private static final int FIELD = Integer.BYTES;

  private FieldPlaces() {}

  /** Where runs of zeros begin that a field fits in. */
  private static int[] guesses(byte[] code) {
    int[] guesses = new int[code.length / FIELD];
    int count = 0;
    int at = 0;
    while (at < code.length) {
      int end = at;
      while (end < code.length && code[end] == 0) {
        end++;
      }
      if (end - at >= FIELD) {
        guesses[count++] = at;
      }
      at = Math.max(end, at + 1);
    }
    return Arrays.copyOf(guesses, count);
  }

  /**
   * Writes places.
   *
   * @param places ascending
   */
  static void write(ByteSink to, byte[] code, int[] places) {
    int[] guesses = guesses(code);
    BitSet right = new BitSet(guesses.length);
    int[] others = new int[places.length];
    int count = 0;
    int last = -1;
    for (int place : places) {
      int at = Arrays.binarySearch(guesses, place);
      if (at >= 0 && place != last) {
        right.set(at);
      } else {
        others[count++] = place;
      }
      last = place;
    }
    to.raw(Arrays.copyOf(right.toByteArray(), (guesses.length + Byte.SIZE - 1) / Byte.SIZE));
    to.steps(Arrays.copyOf(others, count));
  }

  /** The inverse of {@link #write}. */
  static int[] read(ByteSource from, byte[] code, int most) throws SignatureException {
    int[] guesses = guesses(code);
    BitSet right =
        BitSet.valueOf(
            from.raw(
                "guessed places of relocations", (guesses.length + Byte.SIZE - 1) / Byte.SIZE));
    int[] others = from.steps("places of relocations", most);
    int[] places = Arrays.copyOf(others, others.length + right.cardinality());
    int count = others.length;
    for (int at = right.nextSetBit(0); at >= 0; at = right.nextSetBit(at + 1)) {
      if (at >= guesses.length) {
        throw from.refuse(from.position(), "guessed place", "one of " + guesses.length, at);
      }
      places[count++] = guesses[at];
    }
    Arrays.sort(places);
    return places;
  }
}
