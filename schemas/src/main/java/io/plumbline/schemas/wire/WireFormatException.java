package io.plumbline.schemas.wire;

/**
 * Bytes from a topic are not what the contract says. The record is refused and goes to the
 * dead-letter topic; the message says what, where, expected and found.
 */
public final class WireFormatException extends Exception {
  private static final long serialVersionUID = 1L;

  /** A refusal with its reason. */
  public WireFormatException(String message) {
    super(message);
  }

  /** A refusal with its reason and what led to it. */
  public WireFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
