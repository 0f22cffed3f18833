package io.plumbline.cli.command;

import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import java.time.Duration;
import picocli.CommandLine.Option;

/** How long a benchmark measures. */
final class MeasuringTime {
  private static final int LONGEST_SECONDS = 600;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "10",
      description = "how long to measure; default: ${DEFAULT-VALUE}")
  private int seconds;

  /**
   * Nanoseconds to measure.
   *
   * @throws CommandFailure if nobody would wait so long
   */
  long nanos() {
    if (seconds < 1 || seconds > LONGEST_SECONDS) {
      throw new CommandFailure(
          ExitCode.USAGE, "--seconds: expected 1 to " + LONGEST_SECONDS + ", found " + seconds);
    }
    return Duration.ofSeconds(seconds).toNanos();
  }
}
