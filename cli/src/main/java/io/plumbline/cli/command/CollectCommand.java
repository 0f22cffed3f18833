package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.collect.Collector;
import io.plumbline.cli.collect.CollectorConfiguration;
import io.plumbline.cli.collect.CollectorSettings;
import io.plumbline.cli.collect.CollectorSettingsException;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.kafka.Broker;
import io.plumbline.cli.results.Result;
import io.plumbline.cli.results.ResyncWanted;
import io.plumbline.cli.stage.Closing;
import io.plumbline.cli.wire.ResultTopics;
import io.plumbline.flinkjobs.wire.RegistryAddress;
import io.plumbline.ingest.capture.RoundTotals;
import io.plumbline.ingest.publish.ObservationPublisher;
import io.plumbline.ingest.publish.PublishException;
import io.plumbline.ingest.publish.PublisherSettings;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistryException;
import io.plumbline.schemas.wire.Topic;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code collect}: the collector of one host. */
@Command(
    name = "collect",
    description =
        "Publishes a capture round of a guest whenever its image is written anew, until it is"
            + " interrupted. If Kafka does not take an observation it ends with 5; started again, it"
            + " begins a new epoch and says everything.")
final class CollectCommand implements Callable<Integer> {
  private final Shell shell;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      required = true,
      description = "JSON: brokers, registry, host, interval, patience, keptBytes, vms")
  private Path config;

  @Option(
      names = "--create-topics",
      description = "makes those of Plumbline's topics that are not there yet")
  private boolean createTopics;

  @Mixin private OutputOption output;

  CollectCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call()
      throws IOException, InterruptedException, PublishException, SchemaRegistryException {
    CollectorConfiguration configuration = configuration();
    Console console = output.console(shell);
    Broker broker = Broker.at(configuration.brokers(), configuration.patience());
    KafkaOption.present(broker, List.of(Topic.OBSERVATIONS, Topic.RESYNC_REQUESTS), createTopics);
    SchemaRegistry registry =
        configuration
            .registry()
            .map(url -> new RegistryAddress(url, configuration.patience()))
            .orElse(RegistryAddress.EMBEDDED)
            .open();
    try (Closing closing = new Closing()) {
      ResultTopics requests =
          closing.add(ResultTopics.newResyncRequests(broker.properties(), registry));
      PublisherSettings usual = PublisherSettings.of(configuration.brokers());
      ObservationPublisher publisher =
          closing.add(
              new ObservationPublisher(
                  new PublisherSettings(
                      configuration.brokers(), usual.bufferBytes(), configuration.patience()),
                  registry));
      Collector collector =
          new Collector(
              configuration, shell.clock().millis(), note -> console.note(Table.printable(note)));
      while (true) {
        Map<String, RoundTotals> rounds = collector.look(publisher);
        publisher.flush(); // what is told to have been published has been taken by Kafka
        rounds.forEach((vm, totals) -> tell(console, vm, totals));
        pause(configuration.interval(), requests, collector);
      }
    }
  }

  private CollectorConfiguration configuration() throws IOException {
    try {
      return CollectorSettings.read(config);
    } catch (CollectorSettingsException e) {
      throw new CommandFailure(ExitCode.USAGE, e.getMessage(), e);
    }
  }

  /** Sleeps, and hears what the analysis asks for meanwhile. */
  private void pause(Duration interval, ResultTopics requests, Collector collector)
      throws InterruptedException, SchemaRegistryException {
    long end = shell.nanoTime().getAsLong() + interval.toNanos();
    long left = interval.toNanos();
    while (left > 0) {
      for (Result result : requests.poll(Duration.ofNanos(left))) {
        if (result instanceof ResyncWanted wanted) {
          collector.restate(wanted.vmId());
        }
      }
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      left = end - shell.nanoTime().getAsLong();
    }
  }

  private static void tell(Console console, String vm, RoundTotals totals) {
    if (console.format() == OutputFormat.TABLE) {
      console.line(
          Table.printable(
              vm + ": " + totals.changed() + " of " + totals.watched() + " frames changed"));
      return;
    }
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("event", "round").put("vm", vm);
    node.put("watched", totals.watched()).put("changed", totals.changed());
    console.json(node.put("withdrawn", totals.withdrawn()).put("unreadable", totals.unreadable()));
  }
}
