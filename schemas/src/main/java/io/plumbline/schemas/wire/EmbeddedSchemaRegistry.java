package io.plumbline.schemas.wire;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.avro.Schema;

/**
 * A registry without a server: it knows the released schemas under their fixed numbers and nothing
 * else, so that every process of one release agrees without talking.
 */
public final class EmbeddedSchemaRegistry implements SchemaRegistry {
  private final Map<Integer, Schema> byId = new HashMap<>();
  private final Map<String, Map<Schema, Integer>> ids = new HashMap<>();

  /** A registry of every released schema. */
  public EmbeddedSchemaRegistry() {
    this(ReleasedSchema.all());
  }

  EmbeddedSchemaRegistry(List<ReleasedSchema> released) {
    for (ReleasedSchema each : released) {
      if (byId.put(each.id(), each.schema()) != null) {
        throw new IllegalArgumentException("released schemas: two have the number " + each.id());
      }
      ids.computeIfAbsent(each.subject(), subject -> new HashMap<>()).put(each.schema(), each.id());
    }
  }

  @Override
  public int idOf(String subject, Schema schema) throws SchemaRegistryException {
    Map<Schema, Integer> known = ids.get(subject);
    if (known == null) {
      throw new SchemaRegistryException(
          "embedded registry: no subject " + subject + ", only " + new TreeSet<>(ids.keySet()));
    }
    Integer id = known.get(schema);
    if (id == null) {
      throw new SchemaRegistryException(
          "embedded registry: the schema of "
              + subject
              + " that this code writes was never released");
    }
    return id;
  }

  @Override
  public Schema byId(int id) throws SchemaRegistryException {
    Schema schema = byId.get(id);
    if (schema == null) {
      throw new UnknownSchemaException(
          "embedded registry: no schema has id " + id + ", only " + new TreeSet<>(byId.keySet()));
    }
    return schema;
  }
}
