package io.plumbline.signaturestore.announce.publish;

import io.plumbline.schemas.SignatureAnnouncement;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.RecordCodec;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistryException;
import io.plumbline.signaturestore.announce.Announcement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Publishes announcements, and returns only when Kafka has them on every replica. */
public final class SignatureAnnouncer implements AutoCloseable {
  private final Producer<String, byte[]> producer;
  private final RecordCodec<SignatureAnnouncement> codec;
  private final String brokers;
  private final Duration patience;

  /**
   * An announcer with a producer of its own.
   *
   * @param brokers Kafka's bootstrap servers
   * @param patience how long an announcement is tried
   */
  public SignatureAnnouncer(String brokers, Duration patience, SchemaRegistry registry)
      throws AnnounceException {
    this(producer(brokers, patience), brokers, patience, registry);
  }

  SignatureAnnouncer(
      Producer<String, byte[]> producer,
      String brokers,
      Duration patience,
      SchemaRegistry registry) {
    this.producer = producer;
    this.codec = new RecordCodec<>(Contract.SIGNATURE, registry);
    this.brokers = brokers;
    this.patience = patience;
  }

  private static Producer<String, byte[]> producer(String brokers, Duration patience)
      throws AnnounceException {
    int millis = Math.toIntExact(patience.toMillis());
    Map<String, Object> settings =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers,
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true,
            ProducerConfig.ACKS_CONFIG, "all",
            ProducerConfig.MAX_BLOCK_MS_CONFIG, millis,
            ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, millis,
            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, millis,
            ProducerConfig.LINGER_MS_CONFIG, 0);
    try {
      return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    } catch (KafkaException e) {
      Throwable reason = e.getCause() == null ? e : e.getCause();
      throw new AnnounceException("kafka at " + brokers + ": " + reason.getMessage(), e);
    }
  }

  /** Publishes one announcement. */
  public void announce(Announcement announcement) throws AnnounceException {
    String topic = Contract.SIGNATURE.topic().topicName();
    try {
      byte[] value = codec.encode(AnnouncementMapping.toRecord(announcement));
      var unused =
          producer
              .send(
                  new ProducerRecord<>(
                      topic,
                      null,
                      announcement.announcedAt().toEpochMilli(),
                      announcement.id().value(),
                      value))
              .get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (SchemaRegistryException e) {
      throw new AnnounceException(e.getMessage(), e);
    } catch (ExecutionException e) {
      throw notTaken(announcement, e.getCause());
    } catch (KafkaException | TimeoutException e) {
      throw notTaken(announcement, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw notTaken(announcement, e);
    }
  }

  @Override
  public void close() {
    producer.close(patience);
  }

  private AnnounceException notTaken(Announcement announcement, Throwable reason) {
    return new AnnounceException(
        String.format(
            "kafka at %s: announcement of %s was not taken within %d ms: %s",
            brokers, announcement.id(), patience.toMillis(), reason.getMessage()),
        reason);
  }
}
