package io.plumbline.schemas.wire;

import org.apache.avro.Schema;

/** Gives schemas their numbers and finds them again. Implementations are safe for many threads. */
public interface SchemaRegistry {
  /**
   * The number of {@code schema} under {@code subject}, which is registered if it was not.
   *
   * @throws SchemaRegistryException if the registry is unreachable or refuses the schema
   */
  int idOf(String subject, Schema schema) throws SchemaRegistryException;

  /**
   * The schema with this number.
   *
   * @throws UnknownSchemaException if the registry has none
   * @throws SchemaRegistryException if the registry is unreachable
   */
  Schema byId(int id) throws SchemaRegistryException;
}
