package io.plumbline.flinkjobs.job;

import io.plumbline.flinkjobs.config.JobConfiguration;
import io.plumbline.flinkjobs.state.IncomingObservation;
import io.plumbline.flinkjobs.state.IncomingSignature;
import io.plumbline.flinkjobs.wire.ObservationReader;
import io.plumbline.flinkjobs.wire.ResultTopic;
import io.plumbline.flinkjobs.wire.SignatureReader;
import io.plumbline.schemas.wire.Topic;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaSinkBuilder;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;

/** The job's sources and sinks on Kafka. */
public final class KafkaEndpoints {
  /** Below the broker's default ceiling of 15 minutes (transaction.max.timeout.ms). */
  private static final String TRANSACTION_TIMEOUT_MILLIS = "600000";

  private KafkaEndpoints() {}

  /** Observations from where the group stopped, and every signature ever announced. */
  @SuppressWarnings("deprecation") // Kafka deprecated the enum, and the connector knows no other.
  public static JobSources sources(JobConfiguration job) {
    KafkaSource<IncomingObservation> observations =
        KafkaSource.<IncomingObservation>builder()
            .setBootstrapServers(job.bootstrapServers())
            .setTopics(job.topicName(Topic.OBSERVATIONS.topicName()))
            .setGroupId(job.consumerGroup())
            .setStartingOffsets(OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST))
            .setDeserializer(
                new KafkaDeserializer<>(
                    IncomingObservation.class, job.registry(), ObservationReader::new))
            .build();
    KafkaSource<IncomingSignature> signatures =
        KafkaSource.<IncomingSignature>builder()
            .setBootstrapServers(job.bootstrapServers())
            .setTopics(job.topicName(Topic.SIGNATURES.topicName()))
            .setGroupId(job.consumerGroup())
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setDeserializer(
                new KafkaDeserializer<>(
                    IncomingSignature.class, job.registry(), SignatureReader::new))
            .build();
    return new JobSources(observations, signatures);
  }

  /** One topic for each kind of result. */
  public static JobSinks sinks(JobConfiguration job) {
    return new JobSinks(
        sink(job, ResultTopic.IDENTITIES),
        sink(job, ResultTopic.COVERAGE),
        sink(job, ResultTopic.TRUST),
        sink(job, ResultTopic.FINDINGS),
        sink(job, ResultTopic.RESYNC_REQUESTS),
        sink(job, ResultTopic.DEAD_LETTERS));
  }

  private static <T> Sink<T> sink(JobConfiguration job, ResultTopic<T> topic) {
    String name = job.topicName(topic.topic().topicName());
    KafkaSinkBuilder<T> kafka =
        KafkaSink.<T>builder()
            .setBootstrapServers(job.bootstrapServers())
            .setTransactionalIdPrefix(job.consumerGroup() + "-" + name)
            .setProperty("transaction.timeout.ms", TRANSACTION_TIMEOUT_MILLIS)
            .setRecordSerializer(new KafkaSerializer<>(name, topic, job.registry()));
    return switch (job.delivery()) {
      case AT_LEAST_ONCE ->
          new UncommittedSink<>(
              kafka.setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE).build());
      case EXACTLY_ONCE -> kafka.setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE).build();
    };
  }
}
