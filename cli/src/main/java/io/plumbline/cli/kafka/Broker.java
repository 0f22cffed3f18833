package io.plumbline.cli.kafka;

import io.plumbline.schemas.wire.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka cluster as its clients see it. Every question has a time limit; what is not answered
 * within it is {@link UnreachableBrokerException}.
 */
public final class Broker {
  /** As many replicas as the brokers' own settings say. */
  public static final short REPLICAS_BY_BROKER = -1;

  private static final Duration ANSWER = Duration.ofSeconds(15);

  private static final Logger LOG = LoggerFactory.getLogger(Broker.class);

  private final Properties properties;
  private final Duration patience;

  /**
   * @param properties client settings, {@code bootstrap.servers} at least
   * @param patience the longest wait for any one answer
   */
  public Broker(Properties properties, Duration patience) {
    this.properties = new Properties();
    this.properties.putAll(properties);
    this.patience = patience;
  }

  /** A broker without settings but its address, given 15 seconds for an answer. */
  public static Broker at(String bootstrapServers) {
    return at(bootstrapServers, ANSWER);
  }

  /** A broker without settings but its address. */
  public static Broker at(String bootstrapServers, Duration patience) {
    Properties properties = new Properties();
    properties.setProperty(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    return new Broker(properties, patience);
  }

  /** The longest wait for any one answer. */
  public Duration patience() {
    return patience;
  }

  /** The client settings, a copy. */
  public Properties properties() {
    Properties copy = new Properties();
    copy.putAll(properties);
    return copy;
  }

  /** Host and port, for messages and for clients. */
  public String address() {
    return properties.getProperty(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG);
  }

  /**
   * Makes every topic that is not there yet.
   *
   * @param mostPartitions a single broker gains nothing from the partitions of a fleet
   * @param replicas copies of every partition, {@link #REPLICAS_BY_BROKER} to leave it to Kafka
   */
  public void createTopics(int mostPartitions, short replicas) throws InterruptedException {
    List<NewTopic> wanted = new ArrayList<>();
    for (Topic topic : Topic.values()) {
      int partitions = Math.min(mostPartitions, topic.partitions());
      wanted.add(new NewTopic(topic.topicName(), partitions, replicas).configs(topic.settings()));
    }
    try (Admin admin = admin()) {
      for (KafkaFuture<Void> created : admin.createTopics(wanted).values().values()) {
        createdOrThere(created);
      }
    }
  }

  /**
   * Has Kafka forget the oldest records of {@code topic} soon after they come to more than this.
   *
   * @param bytes of each partition, compressed
   */
  public void keepAtMost(Topic topic, long bytes) throws InterruptedException {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.topicName());
    List<AlterConfigOp> settings =
        List.of(
            set(TopicConfig.RETENTION_BYTES_CONFIG, bytes),
            set(TopicConfig.SEGMENT_BYTES_CONFIG, Math.max(1 << 20, bytes / 8)),
            set(TopicConfig.FILE_DELETE_DELAY_MS_CONFIG, 1000));
    try (Admin admin = admin()) {
      answer(admin.incrementalAlterConfigs(Map.of(resource, settings)).all());
    }
  }

  private static AlterConfigOp set(String name, long value) {
    return new AlterConfigOp(new ConfigEntry(name, Long.toString(value)), AlterConfigOp.OpType.SET);
  }

  /** The topics of {@code wanted} that are not there. */
  public List<Topic> missing(List<Topic> wanted) throws InterruptedException {
    try (Admin admin = admin()) {
      Set<String> there = answer(admin.listTopics().names());
      return wanted.stream().filter(topic -> !there.contains(topic.topicName())).toList();
    }
  }

  private void createdOrThere(KafkaFuture<Void> created) throws InterruptedException {
    try {
      answer(created);
    } catch (TopicExistsException e) {
      LOG.debug("a topic was there already", e); // another process was first, or a second start
    }
  }

  /** The next offset of every partition of {@code topic}. */
  public Map<TopicPartition, Long> ends(Topic topic) throws InterruptedException {
    try (Admin admin = admin()) {
      Map<TopicPartition, OffsetSpec> asked = new LinkedHashMap<>();
      answer(admin.describeTopics(List.of(topic.topicName())).allTopicNames())
          .get(topic.topicName())
          .partitions()
          .forEach(
              p ->
                  asked.put(
                      new TopicPartition(topic.topicName(), p.partition()), OffsetSpec.latest()));
      Map<TopicPartition, Long> ends = new LinkedHashMap<>();
      answer(admin.listOffsets(asked).all())
          .forEach((partition, offset) -> ends.put(partition, offset.offset()));
      return ends;
    }
  }

  /**
   * How many records of {@code topic} the reader {@code group} has not yet said to be done with;
   * records that were there when it first looked count too.
   */
  public long backlog(String group, Topic topic) throws InterruptedException {
    Map<TopicPartition, Long> ends = ends(topic);
    try (Admin admin = admin()) {
      Map<TopicPartition, OffsetAndMetadata> done =
          answer(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
      long backlog = 0;
      for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
        OffsetAndMetadata committed = done.get(end.getKey());
        backlog += end.getValue() - (committed == null ? 0 : committed.offset());
      }
      return backlog;
    }
  }

  private Admin admin() {
    Properties admin = properties();
    int millis = (int) patience.toMillis();
    admin.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis);
    admin.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, millis / 3);
    try {
      return Admin.create(admin);
    } catch (KafkaException e) { // no address of them can be resolved
      Throwable reason = e.getCause() == null ? e : e.getCause();
      throw new UnreachableBrokerException(address() + ": " + reason.getMessage(), e);
    }
  }

  private <T> T answer(KafkaFuture<T> future) throws InterruptedException {
    try {
      return future.get(patience.toMillis() + 1000, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new UnreachableBrokerException(address(), e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof org.apache.kafka.common.errors.TimeoutException timeout) {
        throw new UnreachableBrokerException(address(), timeout);
      }
      if (e.getCause() instanceof KafkaException refusal) {
        throw refusal;
      }
      throw new KafkaException(e.getCause());
    }
  }
}
