package io.plumbline.introspection.drill;

/** A guest that no technique can be made on; the message says why. */
public final class UnfitForDrillException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What is in the way. */
  public enum Reason {
    /** Its build is not known from a package, or it cannot be seen at all. */
    UNKNOWN_BUILD,
    /** It is tampered with already. */
    VIOLATED
  }

  private final Reason reason;

  UnfitForDrillException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
