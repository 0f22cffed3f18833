package io.plumbline.flinkjobs.job;

import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.wire.RecordReader;
import io.plumbline.flinkjobs.wire.RegistryAddress;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.io.IOException;
import java.io.Serializable;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A reader of our wire formats as the Kafka source wants it. */
final class KafkaDeserializer<T> implements KafkaRecordDeserializationSchema<T> {
  private static final long serialVersionUID = 1L;

  /** Makes a reader where the source runs. */
  @FunctionalInterface
  interface Opening<T> extends Serializable {
    RecordReader<T> open(SchemaRegistry registry);
  }

  private final Class<T> type;
  private final RegistryAddress registry;
  private final Opening<T> readers;
  private transient RecordReader<T> reader;

  KafkaDeserializer(Class<T> type, RegistryAddress registry, Opening<T> readers) {
    this.type = type;
    this.registry = registry;
    this.readers = readers;
  }

  @Override
  public void open(DeserializationSchema.InitializationContext context) {
    reader = readers.open(registry.open());
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> found, Collector<T> out)
      throws IOException {
    Origin origin = new Origin(found.topic(), found.partition(), found.offset(), found.timestamp());
    try {
      out.collect(reader.read(origin, found.key(), found.value()));
    } catch (SchemaRegistryException e) {
      // No fault of the record: the job restarts and reads it again.
      throw new IOException(origin + ": " + e.getMessage(), e);
    }
  }

  @Override
  public TypeInformation<T> getProducedType() {
    return TypeInformation.of(type);
  }
}
