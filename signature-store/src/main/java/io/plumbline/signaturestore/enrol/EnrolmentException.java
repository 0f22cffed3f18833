package io.plumbline.signaturestore.enrol;

/** A guest that cannot be enrolled; the message says which, what was expected and what found. */
public final class EnrolmentException extends Exception {
  private static final long serialVersionUID = 1L;

  public EnrolmentException(String message) {
    super(message);
  }
}
