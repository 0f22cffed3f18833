package io.plumbline.cli.command;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.kafka.Broker;
import io.plumbline.cli.results.Fleet;
import io.plumbline.cli.wire.ResultTopics;
import io.plumbline.schemas.wire.SchemaRegistryException;
import picocli.CommandLine.Mixin;

/** The fleet as the results topics tell it, up to where they ended when they were opened. */
final class NewestFleet {
  @Mixin private KafkaOption kafka;

  /** The fleet; what on the topics is no result is told as a note, since it may hide one. */
  Fleet read(Console console) throws InterruptedException, SchemaRegistryException {
    Broker broker = kafka.broker(ResultTopics.topics());
    try (ResultTopics topics = ResultTopics.open(broker.properties(), kafka.schemas())) {
      Fleet fleet = new Fleet();
      topics.readToEnd(fleet::apply);
      topics.unreadable().ifPresent(what -> console.note(Table.printable("plumbline: " + what)));
      return fleet;
    }
  }
}
