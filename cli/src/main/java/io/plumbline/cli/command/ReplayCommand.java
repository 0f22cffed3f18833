package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Progress;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.play.Playback;
import io.plumbline.cli.play.PlayedRound;
import io.plumbline.cli.play.Retelling;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.publish.ObservationPublisher;
import io.plumbline.ingest.publish.PublishException;
import io.plumbline.schemas.wire.Topic;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code replay}: recordings into a Kafka that is there already. */
@Command(
    name = "replay",
    description =
        "Publishes recordings as a collector would, their guests side by side, a round at a time.")
final class ReplayCommand implements Callable<Integer> {
  private final Shell shell;

  @Parameters(paramLabel = "RECORDING", arity = "1..*", description = "one for each guest")
  private List<Path> recordings;

  @Mixin private KafkaOption kafka;

  @Option(
      names = "--pace",
      paramLabel = "MILLIS",
      defaultValue = "0",
      description = "time from one round to the next; default: as fast as Kafka takes them")
  private int pace;

  @Option(
      names = "--as",
      paramLabel = "VM",
      description = "another name for the guest of a single recording")
  private String vm;

  @Option(
      names = "--epoch",
      paramLabel = "MILLIS",
      description =
          "the collector's epoch to speak in, which must be above any that was heard of the guest;"
              + " default: the time, milliseconds since 1970")
  private Long epoch;

  @Mixin private OutputOption output;

  ReplayCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException, InterruptedException, PublishException {
    check(pace >= 0, "--pace: expected 0 or more milliseconds, found " + pace);
    check(epoch == null || epoch >= 0, "--epoch: expected 0 or more, found " + epoch);
    check(
        vm == null || recordings.size() == 1,
        "--as: expected one recording, found " + recordings.size());
    checkName();
    Console console = output.console(shell);
    try (Playback playback = Playback.open(recordings)) {
      check(
          new HashSet<>(playback.vms()).size() == recordings.size(),
          "recordings: expected one for each guest, found " + String.join(", ", playback.vms()));
      kafka.broker(List.of(Topic.OBSERVATIONS));
      int rounds = publish(playback, console);
      print(console, playback, rounds);
    }
    return ExitCode.OK.code();
  }

  private int publish(Playback playback, Console console)
      throws IOException, InterruptedException, PublishException {
    int rounds = 0;
    try (ObservationPublisher publisher =
            new ObservationPublisher(kafka.publishing(), kafka.schemas());
        Progress progress = console.progress("replaying")) {
      long begin = epoch != null ? epoch : shell.clock().millis();
      Retelling<PublishException> retelling =
          new Retelling<>(begin, Optional.ofNullable(vm), publisher);
      Optional<PlayedRound> round = playback.next(retelling);
      while (round.isPresent()) {
        publisher.flush();
        rounds += round.get().round() < 0 ? 0 : 1;
        String detail = round.get().vmId() + " round " + round.get().round();
        progress.at(playback.played(), playback.observations(), detail);
        Thread.sleep(pace);
        round = playback.next(retelling);
      }
    }
    return rounds;
  }

  private void print(Console console, Playback playback, int rounds) {
    List<String> vms = vm != null ? List.of(vm) : playback.vms();
    if (console.format() == OutputFormat.TABLE) {
      console.line(
          rounds
              + " rounds of "
              + String.join(", ", vms)
              + ", "
              + playback.played()
              + " observations");
      return;
    }
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    vms.forEach(node.putArray("vms")::add);
    console.json(node.put("rounds", rounds).put("observations", playback.played()));
  }

  private void checkName() {
    try {
      new CapturedVm(vm == null ? "kept" : vm, "any", 0);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--as: " + e.getMessage(), e);
    }
  }

  private static void check(boolean right, String complaint) {
    if (!right) {
      throw new CommandFailure(ExitCode.USAGE, complaint);
    }
  }
}
