package io.plumbline.signaturestore.extract.kallsyms;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.nio.charset.StandardCharsets;

/**
 * The 256 pieces of text of which names are made (kernel {@code scripts/kallsyms.c}, {@code
 * write_src}): zero-terminated strings, then an index of 256 16-bit numbers that says where each
 * begins. A piece that stands for itself is common: every kernel has names with each digit.
 *
 * @param start place of the first piece
 * @param end first place after the index
 * @param tokens the pieces
 */
record TokenTable(int start, int end, String[] tokens) {
  static final int TOKENS = 256;

  private static final byte[] DIGITS =
      "0\0001\0002\0003\0004\0005\0006\0007\0008\0009\0".getBytes(StandardCharsets.US_ASCII);
  private static final int LONGEST_TOKEN = 512;
  private static final int ALIGNMENT = 8;

  static TokenTable find(ByteRange data) throws ExtractionException {
    for (int at = data.indexOf(DIGITS, 0); at >= 0; at = data.indexOf(DIGITS, at + 1)) {
      TokenTable table = around(data, at);
      if (table != null) {
        return table;
      }
    }
    throw new ExtractionException(
        data.name() + ": embedded symbols",
        "a table of " + TOKENS + " tokens with its index",
        "none (a kernel without CONFIG_KALLSYMS?)");
  }

  /** The table whose token for the character {@code 0} is at {@code digit}, or null. */
  private static TokenTable around(ByteRange data, int digit) throws ExtractionException {
    int start = digit;
    for (int token = '0'; token > 0; token--) {
      start = previousToken(data, start);
      if (start < 0) {
        return null;
      }
    }
    int[] places = new int[TOKENS + 1];
    String[] tokens = new String[TOKENS];
    int at = start;
    for (int i = 0; i < TOKENS; i++) {
      places[i] = at - start;
      tokens[i] = data.text(at, LONGEST_TOKEN);
      at += tokens[i].length();
      if (at >= data.length() || data.u8(at) != 0) {
        return null;
      }
      at++;
    }
    for (int index = (at + 1) & ~1; index < at + ALIGNMENT; index += Short.BYTES) {
      if (isIndex(data, index, places)) {
        return new TokenTable(start, index + TOKENS * Short.BYTES, tokens);
      }
    }
    return null;
  }

  /** Where the token before the one at {@code at} begins; -1 if there is none. */
  private static int previousToken(ByteRange data, int at) throws ExtractionException {
    int start = at - 1;
    while (start > 0 && at - start <= LONGEST_TOKEN && data.u8(start - 1) != 0) {
      start--;
    }
    return start <= 0 || at - start > LONGEST_TOKEN ? -1 : start;
  }

  private static boolean isIndex(ByteRange data, int at, int[] places) throws ExtractionException {
    if (at > data.length() - TOKENS * Short.BYTES) {
      return false;
    }
    for (int i = 0; i < TOKENS; i++) {
      if (data.u16(at + i * Short.BYTES) != places[i]) {
        return false;
      }
    }
    return true;
  }
}
