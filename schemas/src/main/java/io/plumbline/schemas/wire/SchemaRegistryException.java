package io.plumbline.schemas.wire;

/**
 * The registry gave no answer, or refused: no fault of a record. The message names the registry,
 * the subject or id, and what it said.
 */
public class SchemaRegistryException extends Exception {
  private static final long serialVersionUID = 1L;

  /** A failure that the registry explained. */
  public SchemaRegistryException(String message) {
    super(message);
  }

  /** A failure on the way to the registry. */
  public SchemaRegistryException(String message, Throwable cause) {
    super(message, cause);
  }
}
