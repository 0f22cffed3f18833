package io.plumbline.ingest.publish;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * How observations are published.
 *
 * @param bootstrapServers brokers to begin with, host:port separated by commas
 * @param bufferBytes most bytes of accepted observations that Kafka has not taken; at least 2 MiB
 * @param patience how long publishing may wait for room, and an accepted observation for Kafka,
 *     before it is an error; at least 100 ms
 */
public record PublisherSettings(String bootstrapServers, long bufferBytes, Duration patience) {
  private static final long LEAST_BUFFER = 2L << 20;
  private static final Duration LEAST_PATIENCE = Duration.ofMillis(100);

  public PublisherSettings {
    if (bootstrapServers.isBlank()) {
      throw new IllegalArgumentException("bootstrap servers: expected host:port, found nothing");
    }
    if (bufferBytes < LEAST_BUFFER) {
      throw new IllegalArgumentException(
          "publisher buffer: expected at least " + LEAST_BUFFER + " bytes, found " + bufferBytes);
    }
    if (patience.compareTo(LEAST_PATIENCE) < 0) {
      throw new IllegalArgumentException(
          "publisher patience: expected at least " + LEAST_PATIENCE + ", found " + patience);
    }
  }

  /** Settings for these brokers: 32 MiB, 30 seconds. */
  public static PublisherSettings of(String bootstrapServers) {
    return new PublisherSettings(bootstrapServers, 32L << 20, Duration.ofSeconds(30));
  }

  /**
   * The producer's configuration. Idempotence with all replicas' acknowledgement keeps the order
   * and lets it retry as long as patience lasts.
   */
  Map<String, Object> producerConfig() {
    int millis = Math.toIntExact(Math.min(patience.toMillis(), Integer.MAX_VALUE));
    Map<String, Object> config = new HashMap<>();
    config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
    config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.BUFFER_MEMORY_CONFIG, bufferBytes);
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, (long) millis);
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, millis);
    config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, millis);
    config.put(ProducerConfig.LINGER_MS_CONFIG, 0L);
    config.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "zstd");
    // Of 60 MB of a guest's pages the default level, 3, makes 2 % less in twice the time.
    config.put(ProducerConfig.COMPRESSION_ZSTD_LEVEL_CONFIG, 1);
    return config;
  }
}
