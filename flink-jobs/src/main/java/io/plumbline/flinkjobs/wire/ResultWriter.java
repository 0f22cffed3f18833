package io.plumbline.flinkjobs.wire;

import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.RecordCodec;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;

/** Turns flat records into keys and framed values of one topic; not safe for several threads. */
public final class ResultWriter<T> {
  private final Function<T, byte[]> key;
  private final Encoder<T> value;

  @FunctionalInterface
  private interface Encoder<T> {
    byte[] encode(T record) throws SchemaRegistryException;
  }

  private ResultWriter(Function<T, byte[]> key, Encoder<T> value) {
    this.key = key;
    this.value = value;
  }

  static <T, A extends SpecificRecord> ResultWriter<T> of(
      Contract<A> contract,
      SchemaRegistry registry,
      Function<T, byte[]> key,
      Function<T, A> encoding) {
    RecordCodec<A> codec = new RecordCodec<>(contract, registry);
    return new ResultWriter<>(key, record -> codec.encode(encoding.apply(record)));
  }

  /** The record's key; null if it has none. */
  public byte[] key(T record) {
    return key.apply(record);
  }

  /**
   * The record's value, framed.
   *
   * @throws SchemaRegistryException if the registry does not number the schema
   */
  public byte[] value(T record) throws SchemaRegistryException {
    return value.encode(record);
  }
}
