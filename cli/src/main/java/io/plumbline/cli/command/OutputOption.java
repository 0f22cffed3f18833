package io.plumbline.cli.command;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option that every command with output has. */
final class OutputOption {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; table on a terminal, json elsewhere")
  private OutputFormat format;

  Console console(Shell shell) {
    return shell.console(Optional.ofNullable(format));
  }
}
