package io.plumbline.cli.command;

import io.plumbline.cli.kafka.Broker;
import io.plumbline.cli.results.Fleet;
import io.plumbline.cli.wire.ResultTopics;
import io.plumbline.schemas.wire.SchemaRegistryException;
import picocli.CommandLine.Mixin;

/** The fleet as the results topics tell it, up to where they ended when they were opened. */
final class NewestFleet {
  @Mixin private KafkaOption kafka;

  Fleet read() throws InterruptedException, SchemaRegistryException {
    Broker broker = kafka.broker(ResultTopics.topics());
    try (ResultTopics topics = ResultTopics.open(broker.properties(), kafka.schemas())) {
      Fleet fleet = new Fleet();
      topics.readToEnd(fleet::apply);
      return fleet;
    }
  }
}
