package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.embedded.EmbeddedException;
import io.plumbline.cli.embedded.EmbeddedFlink;
import io.plumbline.cli.embedded.EmbeddedJob;
import io.plumbline.cli.embedded.ScratchFolder;
import io.plumbline.cli.job.JobSettings;
import io.plumbline.cli.kafka.Broker;
import io.plumbline.cli.stage.Closing;
import io.plumbline.flinkjobs.config.JobConfiguration;
import io.plumbline.flinkjobs.config.Setting;
import io.plumbline.flinkjobs.job.AnalysisJob;
import io.plumbline.flinkjobs.job.PlumblineJob;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistryException;
import io.plumbline.schemas.wire.Topic;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code run}: the analysis job in this process, on a Kafka that is there already. */
@Command(
    name = "run",
    description =
        "Runs the analysis in a Flink cluster in this process, against a Kafka that is there"
            + " already, until it is interrupted.")
final class RunCommand implements Callable<Integer> {
  private static final Duration START = Duration.ofMinutes(2);
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final Shell shell;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "properties file with the job's settings; the options below count more")
  private Path config;

  @Option(names = "--brokers", paramLabel = "HOST:PORT", description = "Kafka's bootstrap servers")
  private String brokers;

  @Option(
      names = "--registry",
      paramLabel = "URL",
      description = "root of a Confluent-compatible schema registry; default: the built-in numbers")
  private String registry;

  @Option(
      names = "--store",
      paramLabel = "DIR|URI",
      description = "where signatures lie; default: $PLUMBLINE_SIGNATURES or your own data folder")
  private String store;

  @Option(
      names = "--checkpoints",
      paramLabel = "DIR|URI",
      description = "where checkpoints are kept")
  private String checkpoints;

  @Option(names = "--backend", paramLabel = "NAME", description = "rocksdb (default) or hashmap")
  private String backend;

  @Option(names = "--parallelism", paramLabel = "N", description = "default: 1")
  private Integer parallelism;

  @Option(names = "--web-port", paramLabel = "PORT", description = "of Flink's UI; 0 for any free")
  private Integer webPort;

  @Option(
      names = "--restore",
      paramLabel = "URI",
      description = "checkpoint or savepoint to go on from")
  private String restore;

  @Option(
      names = "--create-topics",
      description = "makes those of Plumbline's topics that are not there yet")
  private boolean createTopics;

  @Mixin private OutputOption output;

  RunCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws Exception {
    JobConfiguration configuration = settings().configuration();
    Console console = output.console(shell);
    Broker broker = Broker.at(configuration.bootstrapServers());
    if (configuration.topicPrefix().isEmpty()) {
      KafkaOption.present(broker, List.of(Topic.values()), createTopics);
    }
    checkRegistry(configuration);
    try (Closing closing = new Closing()) {
      ScratchFolder scratch = closing.add(ScratchFolder.create());
      EmbeddedFlink flink =
          closing.add(
              EmbeddedFlink.start(
                  scratch.folder("flink"),
                  configuration.parallelism(),
                  Math.max(configuration.webPort(), EmbeddedFlink.ANY_PORT)));
      EmbeddedJob job =
          flink.submit(
              AnalysisJob.environment(configuration, Optional.ofNullable(restore)),
              PlumblineJob.NAME);
      job.awaitRunning(START);
      announce(console, configuration, flink);
      throw new EmbeddedException("the job ended: " + end(job, console));
    }
  }

  private JobSettings settings() throws IOException {
    JobSettings settings = new JobSettings();
    if (config != null) {
      settings.readFrom(config);
    }
    settings.put(Setting.BOOTSTRAP_SERVERS, brokers);
    settings.put(Setting.REGISTRY, registry);
    settings.put(Setting.STATE_BACKEND, backend);
    settings.put(Setting.PARALLELISM, parallelism);
    settings.put(Setting.WEB_PORT, webPort);
    settings.putPlace(Setting.CHECKPOINT_DIRECTORY, checkpoints);
    settings.putPlace(Setting.SIGNATURE_STORE, store);
    settings.putDefaultFolder(Setting.SIGNATURE_STORE, shell.store());
    return settings;
  }

  /** A job without its registry would restart for ever; better said before it starts. */
  private static void checkRegistry(JobConfiguration configuration) throws SchemaRegistryException {
    SchemaRegistry registry = configuration.registry().open();
    for (Contract<?> contract : Contract.all()) {
      registry.idOf(contract.topic().subject(), contract.schema());
    }
  }

  private void announce(Console console, JobConfiguration configuration, EmbeddedFlink flink) {
    if (console.format() == OutputFormat.TABLE) {
      console.line(
          "running on Kafka at "
              + configuration.bootstrapServers()
              + ", Flink's UI at "
              + flink.webUi());
      return;
    }
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("event", "running");
    node.put("brokers", configuration.bootstrapServers());
    console.json(node.put("webUi", flink.webUi().toString()));
  }

  /** Waits until the job has ended for good, which is never meant to be; why it did. */
  private static String end(EmbeddedJob job, Console console)
      throws IOException, InterruptedException {
    Optional<String> told = Optional.empty();
    while (!job.ended()) {
      Thread.sleep(LOOK.toMillis());
      Optional<String> failure = job.failure();
      if (failure.isPresent() && !failure.equals(told)) {
        console.note("the job failed and is being restarted: " + failure.get());
      }
      told = failure;
    }
    return job.failure().orElse("without a reason");
  }
}
