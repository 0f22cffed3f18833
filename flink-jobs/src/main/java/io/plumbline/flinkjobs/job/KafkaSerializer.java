package io.plumbline.flinkjobs.job;

import io.plumbline.flinkjobs.wire.RegistryAddress;
import io.plumbline.flinkjobs.wire.ResultTopic;
import io.plumbline.flinkjobs.wire.ResultWriter;
import io.plumbline.schemas.wire.SchemaRegistryException;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.util.FlinkRuntimeException;
import org.apache.kafka.clients.producer.ProducerRecord;

/** A writer of our wire formats as the Kafka sink wants it. */
final class KafkaSerializer<T> implements KafkaRecordSerializationSchema<T> {
  private static final long serialVersionUID = 1L;

  private final String topicName;
  private final ResultTopic<T> topic;
  private final RegistryAddress registry;
  private transient ResultWriter<T> writer;

  KafkaSerializer(String topicName, ResultTopic<T> topic, RegistryAddress registry) {
    this.topicName = topicName;
    this.topic = topic;
    this.registry = registry;
  }

  @Override
  public void open(
      SerializationSchema.InitializationContext context, KafkaSinkContext sinkContext) {
    writer = topic.writers().open(registry.open());
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      T record, KafkaSinkContext context, Long timestamp) {
    try {
      return new ProducerRecord<>(topicName, writer.key(record), writer.value(record));
    } catch (SchemaRegistryException e) {
      throw new FlinkRuntimeException(topicName + ": " + e.getMessage(), e);
    }
  }
}
