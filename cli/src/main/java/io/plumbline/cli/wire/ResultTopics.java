package io.plumbline.cli.wire;

import io.plumbline.cli.results.RefusedRecord;
import io.plumbline.cli.results.Result;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistryException;
import io.plumbline.schemas.wire.Topic;
import io.plumbline.schemas.wire.WireFormatException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads results topics without a consumer group. Not safe for several threads at once. */
public final class ResultTopics implements AutoCloseable {
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofMillis(200);
  private static final Map<String, Topic> BY_NAME =
      ResultCodec.TOPICS.stream().collect(Collectors.toMap(Topic::topicName, Function.identity()));

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final ResultCodec codec;
  private final List<TopicPartition> partitions;
  private long unreadable;
  private String firstUnreadable = "";

  private ResultTopics(
      KafkaConsumer<byte[], byte[]> consumer, ResultCodec codec, List<TopicPartition> partitions) {
    this.consumer = consumer;
    this.codec = codec;
    this.partitions = partitions;
  }

  /**
   * Opens all results topics.
   *
   * @param kafka client settings, {@code bootstrap.servers} at least
   * @throws org.apache.kafka.common.errors.TimeoutException if the broker does not answer
   */
  public static ResultTopics open(Properties kafka, SchemaRegistry registry) {
    ResultTopics all = open(kafka, registry, ResultCodec.TOPICS);
    all.consumer.seekToBeginning(all.partitions);
    return all;
  }

  /** Opens the requests to collectors; only those that are made from now on are read. */
  public static ResultTopics newResyncRequests(Properties kafka, SchemaRegistry registry) {
    ResultTopics requests = open(kafka, registry, List.of(Topic.RESYNC_REQUESTS));
    requests.consumer.seekToEnd(requests.partitions);
    // Seeking waits for the first question, which must not come after the first request.
    requests.partitions.forEach(each -> requests.consumer.position(each, ANSWER));
    return requests;
  }

  private static ResultTopics open(Properties kafka, SchemaRegistry registry, List<Topic> topics) {
    Properties properties = new Properties();
    properties.putAll(kafka);
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    try {
      List<TopicPartition> partitions = new ArrayList<>();
      for (Topic topic : topics) {
        consumer
            .partitionsFor(topic.topicName(), ANSWER)
            .forEach(p -> partitions.add(new TopicPartition(p.topic(), p.partition())));
      }
      consumer.assign(partitions);
      return new ResultTopics(consumer, new ResultCodec(registry), partitions);
    } catch (RuntimeException e) {
      consumer.close();
      throw e;
    }
  }

  /**
   * The next results, none if there are none within {@code patience}. A record that cannot be read
   * is a result too: {@link RefusedRecord}.
   */
  public List<Result> poll(Duration patience) throws SchemaRegistryException {
    List<Result> results = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(patience)) {
      if (record.value() != null) { // null is Kafka's way to say that a VM is gone
        results.add(decode(record));
      }
    }
    return results;
  }

  private Result decode(ConsumerRecord<byte[], byte[]> record) throws SchemaRegistryException {
    try {
      return codec.decode(BY_NAME.get(record.topic()), record.value());
    } catch (WireFormatException e) {
      String place = record.topic() + "-" + record.partition() + " offset " + record.offset();
      String why = place + ": " + e.getMessage();
      if (unreadable++ == 0) {
        firstUnreadable = why;
      }
      return new RefusedRecord("", Instant.ofEpochMilli(record.timestamp()), why);
    }
  }

  /**
   * How many records could not be read so far, and why the first; empty if all could. What such a
   * record told is missing from everything that was read.
   */
  public Optional<String> gap() {
    return unreadable == 0
        ? Optional.empty()
        : Optional.of(unreadable + ", the first " + firstUnreadable);
  }

  /** The topics that are read. */
  public static List<Topic> topics() {
    return ResultCodec.TOPICS;
  }

  /** The same as a list. */
  public List<Result> readToEnd() throws SchemaRegistryException {
    List<Result> results = new ArrayList<>();
    readToEnd(results::add);
    return results;
  }

  /**
   * Tells everything that is on the topics now, oldest first within a partition.
   *
   * @throws TimeoutException if Kafka stops to answer before that
   */
  public void readToEnd(Consumer<Result> each) throws SchemaRegistryException {
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, ANSWER);
    long left = left(ends);
    int silent = 0;
    while (left > 0) {
      poll(LOOK).forEach(each);
      long before = left;
      left = left(ends);
      // A consumer whose brokers are gone says nothing, for ever.
      silent = left < before ? 0 : silent + 1;
      if (silent > ANSWER.dividedBy(LOOK)) {
        throw new TimeoutException(
            "results topics: expected "
                + left
                + " more records, found none within "
                + ANSWER.toSeconds()
                + " s");
      }
    }
  }

  private long left(Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .mapToLong(end -> Math.max(0, end.getValue() - consumer.position(end.getKey(), ANSWER)))
        .sum();
  }

  @Override
  public void close() {
    consumer.close();
  }
}
