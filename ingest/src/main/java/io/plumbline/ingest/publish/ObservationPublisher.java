package io.plumbline.ingest.publish;

import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.ObservationSink;
import io.plumbline.ingest.wire.ObservationMapping;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.RecordCodec;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Publishes observations, keyed by VM, in order. {@link #accept} returns when Kafka's producer has
 * the observation in its bounded buffer and waits while that is full; what was accepted is then
 * delivered, or the next call says that it was not. After a failure it takes nothing more: the
 * collector begins a new epoch with a new publisher. For one thread.
 */
public final class ObservationPublisher
    implements ObservationSink<PublishException>, AutoCloseable {
  private final Producer<String, byte[]> producer;
  private final RecordCodec<io.plumbline.schemas.Observation> codec;
  private final String brokers;
  private final Duration patience;
  private final AtomicReference<PublishException> failure = new AtomicReference<>();

  /** A publisher with a producer of its own. */
  public ObservationPublisher(PublisherSettings settings, SchemaRegistry registry)
      throws PublishException {
    this(producer(settings), settings, registry);
  }

  ObservationPublisher(
      Producer<String, byte[]> producer, PublisherSettings settings, SchemaRegistry registry) {
    this.producer = producer;
    this.codec = new RecordCodec<>(Contract.OBSERVATION, registry);
    this.brokers = settings.bootstrapServers();
    this.patience = settings.patience();
  }

  private static Producer<String, byte[]> producer(PublisherSettings settings)
      throws PublishException {
    try {
      return new KafkaProducer<>(settings.producerConfig());
    } catch (KafkaException e) {
      Throwable reason = e.getCause() == null ? e : e.getCause();
      throw new PublishException(
          "kafka at " + settings.bootstrapServers() + ": " + reason.getMessage(), e);
    }
  }

  @Override
  public void accept(Observation observation) throws PublishException {
    throwFailure();
    byte[] framed;
    try {
      framed = codec.encode(ObservationMapping.toRecord(observation));
    } catch (SchemaRegistryException e) {
      throw new PublishException(e.getMessage(), e);
    }
    String topic = Contract.OBSERVATION.topic().topicName();
    // Stamped when it is published. An image may claim to be of any time, and Kafka deletes what is
    // stamped older than the topic's retention, read or not, and refuses what is from the future.
    ProducerRecord<String, byte[]> record =
        new ProducerRecord<>(topic, observation.vm().vmId(), framed);
    try {
      // The callback tells the outcome; it has run before the future is done.
      var unused =
          producer.send(
              record,
              (metadata, error) -> {
                if (error != null) {
                  failure.compareAndSet(null, notTaken(observation, error));
                }
              });
    } catch (KafkaException e) {
      // The buffer stayed full, or the brokers could not be found, for as long as patience lasts.
      PublishException notTaken = notTaken(observation, e);
      failure.compareAndSet(null, notTaken);
    }
    throwFailure();
  }

  /** Returns when Kafka has everything that was accepted. */
  public void flush() throws PublishException {
    try {
      producer.flush();
    } catch (InterruptException e) {
      throw new PublishException("kafka at " + brokers + ": interrupted while publishing", e);
    }
    throwFailure();
  }

  /** Waits for what was accepted, at most as long as patience lasts, and frees the producer. */
  @Override
  public void close() throws PublishException {
    try {
      producer.close(patience);
    } catch (KafkaException e) {
      throw new PublishException("kafka at " + brokers + ": " + e.getMessage(), e);
    }
    throwFailure();
  }

  private PublishException notTaken(Observation observation, Exception error) {
    return new PublishException(
        String.format(
            "kafka at %s: observation %d/%d of %s was not taken within %d ms: %s",
            brokers,
            observation.vm().collectorEpoch(),
            observation.sequence(),
            observation.vm().vmId(),
            patience.toMillis(),
            error.getMessage()),
        error);
  }

  private void throwFailure() throws PublishException {
    PublishException first = failure.get();
    if (first != null) {
      throw new PublishException(first.getMessage(), first);
    }
  }
}
