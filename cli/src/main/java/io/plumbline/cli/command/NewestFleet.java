package io.plumbline.cli.command;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.kafka.Broker;
import io.plumbline.cli.results.Fleet;
import io.plumbline.cli.wire.ResultTopics;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.util.Optional;
import picocli.CommandLine.Mixin;

/** The fleet as the results topics tell it, up to where they ended when they were opened. */
final class NewestFleet {
  @Mixin private KafkaOption kafka;

  /**
   * What can be read; a note on {@code console} says what cannot, such as records that were written
   * with another registry.
   */
  Told read(Console console) throws InterruptedException, SchemaRegistryException {
    Broker broker = kafka.broker(ResultTopics.topics());
    try (ResultTopics topics = ResultTopics.open(broker.properties(), kafka.schemas())) {
      Fleet fleet = new Fleet();
      topics.readToEnd(fleet::apply);
      Optional<String> gap = topics.gap();
      gap.ifPresent(
          records ->
              console.note(
                  "plumbline: records that cannot be read and are missing here: "
                      + Table.printable(records)
                      + " (is --registry the one that they were written with?)"));
      return new Told(fleet, gap.isEmpty());
    }
  }

  /**
   * The fleet as far as it could be read.
   *
   * @param whole whether that is all of it
   */
  record Told(Fleet fleet, boolean whole) {
    /** How the command ends: what is missing might have been a violation, so it is never done. */
    int exit(ExitCode answer) {
      boolean certain = whole || answer == ExitCode.VIOLATION;
      return (certain ? answer : ExitCode.UNREADABLE).code();
    }
  }
}
