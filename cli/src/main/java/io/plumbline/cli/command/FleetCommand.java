package io.plumbline.cli.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code fleet}: the newest state of every guest. */
@Command(
    name = "fleet",
    description = "The newest state of every guest, as the results topics tell it.",
    synopsisSubcommandLabel = "COMMAND")
final class FleetCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
