package io.plumbline.cli.command;

import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.kafka.Broker;
import io.plumbline.flinkjobs.config.BootstrapServers;
import io.plumbline.flinkjobs.wire.RegistryAddress;
import io.plumbline.ingest.publish.PublisherSettings;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.Topic;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Which Kafka and which schema registry a command speaks to. */
final class KafkaOption {
  /** A single broker gains nothing from more; a fleet makes its topics with its own tools. */
  private static final int MOST_PARTITIONS = 64;

  @Option(
      names = "--brokers",
      paramLabel = "HOST:PORT",
      required = true,
      description = "Kafka's bootstrap servers, several separated by commas")
  private String brokers;

  @Option(
      names = "--registry",
      paramLabel = "URL",
      description = "root of a Confluent-compatible schema registry; default: the built-in numbers")
  private String registry;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      defaultValue = "15",
      description =
          "longest wait for an answer of Kafka or the registry; default: ${DEFAULT-VALUE}")
  private int seconds;

  @Option(
      names = "--create-topics",
      description = "makes those of Plumbline's topics that are not there yet")
  private boolean createTopics;

  /**
   * The broker, which has answered and has {@code needed}.
   *
   * @throws CommandFailure if a topic is missing or an option is wrong
   */
  Broker broker(List<Topic> needed) throws InterruptedException {
    check();
    Broker broker = Broker.at(brokers, patience());
    present(broker, needed, createTopics);
    return broker;
  }

  /** Makes or demands topics. */
  static void present(Broker broker, List<Topic> needed, boolean create)
      throws InterruptedException {
    List<Topic> missing = broker.missing(needed);
    if (missing.isEmpty()) {
      return;
    }
    if (!create) {
      throw new CommandFailure(
          ExitCode.UNREACHABLE,
          "Kafka at "
              + broker.address()
              + " has no topic "
              + missing.stream().map(Topic::topicName).collect(Collectors.joining(", "))
              + "; --create-topics makes it");
    }
    broker.createTopics(MOST_PARTITIONS, Broker.REPLICAS_BY_BROKER);
  }

  /** A client of the registry; nothing is sent yet. */
  SchemaRegistry schemas() {
    return registry == null
        ? RegistryAddress.EMBEDDED.open()
        : new RegistryAddress(registryUrl(), patience()).open();
  }

  /**
   * Demands that what was given can be an address at all, before anybody is asked for anything.
   *
   * @throws CommandFailure if it cannot
   */
  private void check() {
    if (!BootstrapServers.isWellFormed(brokers)) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--brokers: expected " + BootstrapServers.FORM + ", found '" + brokers + "'");
    }
    if (registry != null) {
      registryUrl();
    }
  }

  private URI registryUrl() {
    return RegistryAddress.url(registry)
        .orElseThrow(
            () ->
                new CommandFailure(
                    ExitCode.USAGE,
                    "--registry: expected an http or https URL, found '" + registry + "'"));
  }

  /** How observations are published. */
  PublisherSettings publishing() {
    PublisherSettings usual = PublisherSettings.of(brokers);
    return new PublisherSettings(brokers, usual.bufferBytes(), patience());
  }

  private Duration patience() {
    if (seconds < 1 || seconds > 3600) {
      throw new CommandFailure(
          ExitCode.USAGE, "--patience: expected 1 to 3600 seconds, found " + seconds);
    }
    return Duration.ofSeconds(seconds);
  }
}
