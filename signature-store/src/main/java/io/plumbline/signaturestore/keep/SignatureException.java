package io.plumbline.signaturestore.keep;

import java.io.IOException;

/**
 * A signature that cannot be read as what it claims to be: truncated, damaged, hostile, written by
 * a newer version, or not there. The message is one line and names the file, what, where, expected,
 * found.
 */
public final class SignatureException extends IOException {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST_QUOTE = 80;

  public SignatureException(String message) {
    super(message);
  }

  public SignatureException(String message, Throwable cause) {
    super(message, cause);
  }

  /** A value at {@code offset} bytes into {@code where} that is not what the format demands. */
  static SignatureException at(
      String where, long offset, String what, String expected, Object found) {
    return new SignatureException(
        where
            + ": "
            + what
            + " at offset "
            + offset
            + ": expected "
            + expected
            + ", found "
            + printable(String.valueOf(found)));
  }

  /** Text from a file as it may appear in a message: printable ASCII, at most 80 characters. */
  static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < Math.min(text.length(), LONGEST_QUOTE); i++) {
      char c = text.charAt(i);
      shown.append(c >= ' ' && c <= '~' ? c : '?');
    }
    return shown.toString();
  }
}
