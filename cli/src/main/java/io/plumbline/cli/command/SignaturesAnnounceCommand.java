package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.kafka.Broker;
import io.plumbline.cli.stage.Announcing;
import io.plumbline.schemas.wire.Topic;
import io.plumbline.signaturestore.announce.publish.AnnounceException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code signatures announce}. */
@Command(
    name = "announce",
    description =
        "Tells the analysis of a fleet which signatures the store holds; the job reads their"
            + " bodies from its own store, by id.")
final class SignaturesAnnounceCommand implements Callable<Integer> {
  private final Shell shell;
  @Mixin private KafkaOption kafka;
  @Mixin private SignatureOption signatures;
  @Mixin private OutputOption output;

  SignaturesAnnounceCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException, InterruptedException, AnnounceException {
    Console console = output.console(shell);
    Broker broker = kafka.broker(List.of(Topic.SIGNATURES));
    int announced =
        Announcing.announce(
            signatures.known(shell), broker, kafka.schemas(), shell.clock().instant());
    if (console.format() == OutputFormat.TABLE) {
      console.line(announced + " signatures announced at " + broker.address());
    } else {
      ObjectNode node = JsonNodeFactory.instance.objectNode().put("brokers", broker.address());
      console.json(node.put("announced", announced));
    }
    return ExitCode.OK.code();
  }
}
