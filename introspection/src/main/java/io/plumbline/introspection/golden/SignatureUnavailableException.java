package io.plumbline.introspection.golden;

import java.io.Serial;

/** A part of a signature that is read when it is needed cannot be read, or is another's. */
public final class SignatureUnavailableException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  private final transient SignatureId id;

  /**
   * Tells of {@code id}.
   *
   * @param reason names the place, what was expected and what was found
   */
  public SignatureUnavailableException(SignatureId id, String reason, Throwable cause) {
    super(reason, cause);
    this.id = id;
  }

  /** The signature. */
  public SignatureId id() {
    return id;
  }
}
