package io.plumbline.ingest.guest.file;

import java.io.IOException;

/**
 * An image that cannot be read as what it claims to be: truncated, damaged, hostile, or of a kind
 * that is not supported. The message is one line and names the file, what, where, expected, found.
 */
public final class ImageException extends IOException {
  private static final int LONGEST_NAME = 80;

  public ImageException(String message) {
    super(message);
  }

  public ImageException(String message, Throwable cause) {
    super(message, cause);
  }

  /** A value at {@code offset} of {@code file} that is not what the format demands. */
  public static ImageException at(
      String file, long offset, String what, String expected, String found) {
    return new ImageException(
        String.format(
            "%s: %s at offset 0x%x: expected %s, found %s", file, what, offset, expected, found));
  }

  /** Text from an image as it may appear in a message: printable ASCII, at most 80 characters. */
  public static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < Math.min(text.length(), LONGEST_NAME); i++) {
      char c = text.charAt(i);
      shown.append(c >= ' ' && c <= '~' ? c : '?');
    }
    return shown.toString();
  }
}
