package io.plumbline.signaturestore.extract.kallsyms;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.util.ArrayList;
import java.util.List;

/**
 * The names: how many, then each as a length and that many tokens, then a marker for every 256th
 * that says how far from the first it begins; the token table follows, in 6.2 and 6.3 behind three
 * bytes a name (kernel {@code scripts/kallsyms.c}). A length from 128 on takes two bytes since 6.1.
 *
 * @param count of names
 * @param countPlace place of the number that says so
 * @param types the letter before each name
 * @param names in the file's order
 */
record CompressedNames(int count, int countPlace, byte[] types, List<String> names) {
  private static final int NAMES_PER_MARKER = 256;
  private static final int SEQUENCE_BYTES = 3;
  private static final int ALIGNMENT = 8;

  /** What alignment of the parts may add. */
  private static final long SLACK = 4L * ALIGNMENT;

  /** Bounds of what a name takes, its share of markers included, that any real table is within. */
  private static final int FEWEST_BYTES_PER_NAME = 2;

  private static final int MOST_BYTES_PER_NAME = 128;

  /** How far before the tokens the names may begin: several times what any kernel has. */
  private static final int FARTHEST = 32 << 20;

  /** Finds the names that end where the tokens begin. */
  static CompressedNames find(ByteRange data, TokenTable tokens) throws ExtractionException {
    int last = Math.max(0, tokens.start() - FARTHEST);
    for (int at = (tokens.start() & -Integer.BYTES) - Integer.BYTES; at >= last; at -= 4) {
      long count = data.u32(at);
      long distance = (long) tokens.start() - at;
      if (count == 0
          || count * FEWEST_BYTES_PER_NAME > distance
          || count * MOST_BYTES_PER_NAME + SLACK < distance) {
        continue;
      }
      for (int start = at + Integer.BYTES; start <= at + ALIGNMENT; start += Integer.BYTES) {
        int end = endOfNames(data, start, (int) count, tokens.start());
        if (end >= 0) {
          return decode(data, tokens, (int) count, at, start);
        }
      }
    }
    throw new ExtractionException(
        data.name() + ": embedded symbols",
        "a count, names and markers that end at the tokens at " + hex(tokens.start()),
        "none");
  }

  /** Where the names end if markers behind them confirm each; else -1. */
  private static int endOfNames(ByteRange data, int start, int count, int limit)
      throws ExtractionException {
    int[] markers = new int[(count + NAMES_PER_MARKER - 1) / NAMES_PER_MARKER];
    int at = start;
    for (int i = 0; i < count; i++) {
      if (i % NAMES_PER_MARKER == 0) {
        markers[i / NAMES_PER_MARKER] = at - start;
      }
      int tokens = nameTokens(data, at, limit);
      if (tokens == 0) {
        return -1;
      }
      at += (tokens < 0x80 ? 1 : 2) + tokens;
      if (at > limit) {
        return -1;
      }
    }
    for (int place = (at + 3) & ~3; place < at + ALIGNMENT; place += Integer.BYTES) {
      int end = place + markers.length * Integer.BYTES;
      if (end <= limit && isMarkers(data, place, markers) && reaches(end, count, limit)) {
        return at;
      }
    }
    return -1;
  }

  private static boolean reaches(int end, int count, int tokens) {
    int gap = tokens - end;
    int sequences = SEQUENCE_BYTES * count;
    return gap < ALIGNMENT || (gap >= sequences && gap < sequences + 2 * ALIGNMENT);
  }

  private static boolean isMarkers(ByteRange data, int place, int[] markers)
      throws ExtractionException {
    for (int i = 0; i < markers.length; i++) {
      if (data.s32(place + i * Integer.BYTES) != markers[i]) {
        return false;
      }
    }
    return true;
  }

  /** How many tokens the name at {@code at} has; 0 if none is there. */
  private static int nameTokens(ByteRange data, int at, int limit) throws ExtractionException {
    if (at + 1 >= limit) {
      return 0;
    }
    int low = data.u8(at);
    return low < 0x80 ? low : (low & 0x7f) | (data.u8(at + 1) << 7);
  }

  private static CompressedNames decode(
      ByteRange data, TokenTable tokens, int count, int countPlace, int start)
      throws ExtractionException {
    byte[] types = new byte[count];
    List<String> names = new ArrayList<>(count);
    StringBuilder name = new StringBuilder();
    int at = start;
    for (int i = 0; i < count; i++) {
      int length = nameTokens(data, at, tokens.start());
      at += length < 0x80 ? 1 : 2;
      name.setLength(0);
      for (int end = at + length; at < end; at++) {
        name.append(tokens.tokens()[data.u8(at)]);
      }
      if (name.length() < 2 || !Character.isLetter(name.charAt(0))) {
        throw new ExtractionException(
            data.name() + ": embedded symbol " + i, "a type letter and a name", "'" + name + "'");
      }
      types[i] = (byte) name.charAt(0);
      names.add(name.substring(1));
    }
    return new CompressedNames(count, countPlace, types, names);
  }

  private static String hex(int place) {
    return String.format("0x%x", place);
  }
}
