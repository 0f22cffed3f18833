package io.plumbline.introspection.bench;

/** A guest that nothing can be measured on; the message says why. */
public final class UnfitGuestException extends Exception {
  private static final long serialVersionUID = 1L;

  public UnfitGuestException(String message) {
    super(message);
  }
}
