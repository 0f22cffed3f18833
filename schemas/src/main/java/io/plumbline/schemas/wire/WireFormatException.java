package io.plumbline.schemas.wire;

import java.io.EOFException;

/**
 * Bytes from a topic are not what the contract says. The record is refused and goes to the
 * dead-letter topic; the message says what, where, expected and found.
 */
public final class WireFormatException extends Exception {
  private static final long serialVersionUID = 1L;

  private static final int LONGEST_REASON = 300;

  /** A refusal with its reason. */
  public WireFormatException(String message) {
    super(message);
  }

  /** A refusal with its reason and what led to it. */
  public WireFormatException(String message, Throwable cause) {
    super(message, cause);
  }

  /** What {@code cause} says, on one line of at most 300 characters, for a message of this kind. */
  public static String reason(Throwable cause) {
    if (cause instanceof EOFException) {
      return "they end too early";
    }
    if (cause.getMessage() == null) {
      return "they make no sense (" + cause.getClass().getSimpleName() + ")";
    }
    String line = cause.getMessage().replaceAll("\\s+", " ");
    return line.length() <= LONGEST_REASON ? line : line.substring(0, LONGEST_REASON) + "...";
  }
}
