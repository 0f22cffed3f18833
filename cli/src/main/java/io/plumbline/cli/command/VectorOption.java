package io.plumbline.cli.command;

import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** The one IDT entry that a guest is named by. */
final class VectorOption {
  private static final int VECTORS = 256;

  @Option(
      names = "--vector",
      paramLabel = "N",
      description =
          "the one IDT entry that names the build, 0 to 255; default: the first of a few that tells")
  private Integer vector;

  /**
   * The vector that was asked for; empty for any.
   *
   * @throws CommandFailure if there is no such vector
   */
  OptionalInt asked() {
    if (vector == null) {
      return OptionalInt.empty();
    }
    if (vector < 0 || vector >= VECTORS) {
      throw new CommandFailure(
          ExitCode.USAGE, "--vector: expected a number from 0 to 255, found " + vector);
    }
    return OptionalInt.of(vector);
  }
}
