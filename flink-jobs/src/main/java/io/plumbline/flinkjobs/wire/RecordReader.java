package io.plumbline.flinkjobs.wire;

import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.schemas.wire.SchemaRegistryException;

/** Turns one record of a topic into what flows on; not safe for several threads. */
@FunctionalInterface
public interface RecordReader<T> {
  /**
   * What the record says, or its refusal.
   *
   * @param key null if the record had none
   * @param value null if the record had none
   * @throws SchemaRegistryException if the registry cannot be asked: no fault of the record
   */
  T read(Origin origin, byte[] key, byte[] value) throws SchemaRegistryException;
}
