package io.plumbline.cli.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code findings}: what was found, as last said. */
@Command(
    name = "findings",
    description = "Findings as last said, as the results topics tell them.",
    synopsisSubcommandLabel = "COMMAND")
final class FindingsCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
