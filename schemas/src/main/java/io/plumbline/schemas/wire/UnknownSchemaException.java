package io.plumbline.schemas.wire;

/**
 * The registry answered, and no schema that can be read has the id: whoever named it is at fault.
 */
public final class UnknownSchemaException extends SchemaRegistryException {
  private static final long serialVersionUID = 1L;

  /** An id that no schema has. */
  public UnknownSchemaException(String message) {
    super(message);
  }

  /** An id whose schema cannot be read. */
  public UnknownSchemaException(String message, Throwable cause) {
    super(message, cause);
  }
}
