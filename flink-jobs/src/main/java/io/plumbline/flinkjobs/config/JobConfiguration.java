package io.plumbline.flinkjobs.config;

import io.plumbline.flinkjobs.wire.RegistryAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/**
 * Everything the job is told.
 *
 * @param bootstrapServers Kafka's {@code host:port}, several separated by commas
 * @param topicPrefix before every topic's name; may be empty
 * @param consumerGroup whose committed offsets the observations start from without a checkpoint
 * @param registry where schemas have their numbers
 * @param stateBackend where pages are kept
 * @param checkpointDirectory a URI that Flink's file systems know
 * @param parallelism parallel instances of each operator
 * @param maxParallelism the most there can ever be; fixed for the life of a savepoint
 * @param signatureStore a URI under which bodies of signatures lie
 * @param delivery of the results
 * @param restartAttempts 0 to fail at the first failure
 * @param webPort of Flink's UI; 0 for any free one, -1 for none
 * @param staleAfter silence of a collector after which its VM is stale
 * @param blindAfter silence after which it is blind; longer than {@code staleAfter}
 * @param mostShare percent of a parallel instance's time that verdicts on one VM may take, 1 to
 *     100; at 100 every changed round is judged
 */
public record JobConfiguration(
    String bootstrapServers,
    String topicPrefix,
    String consumerGroup,
    RegistryAddress registry,
    StateBackend stateBackend,
    URI checkpointDirectory,
    Duration checkpointInterval,
    int parallelism,
    int maxParallelism,
    URI signatureStore,
    Delivery delivery,
    int restartAttempts,
    Duration restartDelay,
    int webPort,
    Duration staleAfter,
    Duration blindAfter,
    int mostShare) {
  /** Where pages are kept. */
  public enum StateBackend {
    /** On disk, as much as it holds. */
    ROCKSDB("rocksdb"),
    /** On the heap. */
    HASHMAP("hashmap");

    private final String flinkName;

    StateBackend(String flinkName) {
      this.flinkName = flinkName;
    }

    /** Flink's name for it. */
    public String flinkName() {
      return flinkName;
    }
  }

  /** How often a result may arrive if the job fails. */
  public enum Delivery {
    /** At once, and perhaps again: findings carry deterministic ids. */
    AT_LEAST_ONCE,
    /** Once, but only when a checkpoint is complete. */
    EXACTLY_ONCE
  }

  /**
   * The configuration in {@code settings}; {@link Setting} lists them with their defaults.
   *
   * @throws ConfigurationException naming every setting that is unknown, missing or wrong
   */
  public static JobConfiguration of(Map<String, String> settings) throws ConfigurationException {
    SettingsReader read = new SettingsReader(settings);
    int parallelism = read.number(Setting.PARALLELISM, 1, 32_768);
    int maxParallelism = read.number(Setting.MAX_PARALLELISM, 1, 32_768);
    if (parallelism > maxParallelism) {
      read.reject(
          Setting.PARALLELISM,
          "at most " + Setting.MAX_PARALLELISM.key() + " " + maxParallelism,
          Integer.toString(parallelism));
    }
    Duration staleAfter = read.duration(Setting.STALE_AFTER);
    Duration blindAfter = read.duration(Setting.BLIND_AFTER);
    if (blindAfter.compareTo(staleAfter) <= 0) {
      read.reject(
          Setting.BLIND_AFTER,
          "more than " + Setting.STALE_AFTER.key() + " " + staleAfter,
          blindAfter.toString());
    }
    JobConfiguration configuration =
        new JobConfiguration(
            read.servers(Setting.BOOTSTRAP_SERVERS),
            read.topicPrefix(Setting.TOPIC_PREFIX),
            read.text(Setting.CONSUMER_GROUP),
            read.registry(Setting.REGISTRY, Setting.REGISTRY_TIMEOUT),
            read.choice(Setting.STATE_BACKEND, StateBackend.class),
            read.uri(Setting.CHECKPOINT_DIRECTORY),
            read.duration(Setting.CHECKPOINT_INTERVAL),
            parallelism,
            maxParallelism,
            read.uri(Setting.SIGNATURE_STORE),
            read.choice(Setting.DELIVERY, Delivery.class),
            read.number(Setting.RESTART_ATTEMPTS, 0, Integer.MAX_VALUE),
            read.duration(Setting.RESTART_DELAY),
            read.number(Setting.WEB_PORT, -1, 65_535),
            staleAfter,
            blindAfter,
            read.number(Setting.MOST_SHARE, 1, 100));
    read.finish();
    return configuration;
  }

  /** A topic's name in this deployment. */
  public String topicName(String name) {
    return topicPrefix + name;
  }
}
