package io.plumbline.cli.command;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.fleet.RandomHistory;
import io.plumbline.cli.fleet.RecordedState;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.recording.RecordingHeader;
import io.plumbline.ingest.recording.RecordingWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench history}: what a crash test plays. */
@Command(
    name = "history",
    description =
        "Makes a recording of a history that a recorded guest could have had: its states in random"
            + " order, with restated rounds, replaced collectors, reboots and stops between.")
final class BenchHistoryCommand implements Callable<Integer> {
  private static final int MOST_ROUNDS = 100_000;

  private final Shell shell;

  @Parameters(paramLabel = "RECORDING", description = "the guest's states, one for each round")
  private Path recording;

  @Option(names = "--vm", paramLabel = "ID", required = true, description = "the guest's name")
  private String vm;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "the history")
  private Path out;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "40",
      description = "default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "the same seed makes the same history; default: ${DEFAULT-VALUE}")
  private long seed;

  @Mixin private OutputOption output;

  BenchHistoryCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    if (rounds < 1 || rounds > MOST_ROUNDS) {
      throw new CommandFailure(
          ExitCode.USAGE, "--rounds: expected 1 to " + MOST_ROUNDS + ", found " + rounds);
    }
    checkName();
    Console console = output.console(shell);
    List<RecordedState> states = RecordedState.of(recording);
    if (states.isEmpty()) {
      throw new CommandFailure(
          ExitCode.UNREADABLE, recording + ": expected whole rounds, found none");
    }
    String source = "history of " + recording.getFileName() + ", seed " + seed;
    RecordingHeader header = new RecordingHeader(vm, source, "", "", Map.of());
    try (RecordingWriter writer = new RecordingWriter(out, header, RecordingWriter.QUICKEST)) {
      new RandomHistory(vm, states, seed).tell(rounds, writer);
      writer.finish();
    }
    console.note(out + ": " + rounds + " rounds of " + vm + ", seed " + seed);
    return ExitCode.OK.code();
  }

  private void checkName() {
    try {
      new CapturedVm(vm, "any", 0);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--vm: " + e.getMessage(), e);
    }
  }
}
