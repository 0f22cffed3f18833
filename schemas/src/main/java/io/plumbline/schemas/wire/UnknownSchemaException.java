package io.plumbline.schemas.wire;

/** The registry answered, and no schema has the id: whoever named it is at fault. */
public final class UnknownSchemaException extends SchemaRegistryException {
  private static final long serialVersionUID = 1L;

  /** An id that no schema has. */
  public UnknownSchemaException(String message) {
    super(message);
  }
}
