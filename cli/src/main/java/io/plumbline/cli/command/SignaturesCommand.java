package io.plumbline.cli.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code signatures}: what good looks like. */
@Command(
    name = "signatures",
    description = "Enrols, lists and compares the signatures of known builds.",
    synopsisSubcommandLabel = "COMMAND")
final class SignaturesCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
