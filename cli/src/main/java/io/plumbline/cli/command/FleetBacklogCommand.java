package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.kafka.Broker;
import io.plumbline.flinkjobs.config.Setting;
import io.plumbline.schemas.wire.Topic;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code fleet backlog}. */
@Command(
    name = "backlog",
    description =
        "Observations that the analysis has not yet made results of that survive it; as of its last"
            + " checkpoint.")
final class FleetBacklogCommand implements Callable<Integer> {
  private final Shell shell;

  @Option(
      names = "--group",
      paramLabel = "NAME",
      description = "the analysis's consumer group; default: that of its own default")
  private String group = Setting.CONSUMER_GROUP.byDefault();

  @Mixin private KafkaOption kafka;
  @Mixin private OutputOption output;

  FleetBacklogCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws InterruptedException {
    Console console = output.console(shell);
    Broker broker = kafka.broker(List.of(Topic.OBSERVATIONS));
    long backlog = broker.backlog(group, Topic.OBSERVATIONS);
    if (console.format() == OutputFormat.TABLE) {
      console.line(Long.toString(backlog));
    } else {
      console.json(JsonNodeFactory.instance.objectNode().put("observations", backlog));
    }
    return ExitCode.OK.code();
  }
}
