package io.plumbline.cli.command;

import io.plumbline.cli.exit.ExitCode;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code plumbline} without a command: says what there is. */
@Command(
    name = "plumbline",
    description =
        "Tells which kernel every VM runs and whether it can be trusted, from guest memory and"
            + " hardware state alone.",
    synopsisSubcommandLabel = "COMMAND")
public final class RootCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** The command line with every command of this version. */
  public static CommandLine commandLine(Shell shell) {
    CommandLine root = new CommandLine(new RootCommand());
    Failures failures = new Failures(shell.stderr());
    root.addSubcommand(new DemoCommand(shell));
    root.addSubcommand(signatures(shell));
    root.addSubcommand(new IdentifyCommand(shell));
    root.addSubcommand(new VerifyCommand(shell));
    root.addSubcommand(new DrillCommand(shell));
    root.addSubcommand(new RecordCommand(shell));
    root.addSubcommand(new RunCommand(shell));
    root.addSubcommand(new CollectCommand(shell));
    root.addSubcommand(new ReplayCommand(shell));
    root.addSubcommand(fleet(shell));
    root.addSubcommand(findings(shell));
    root.addSubcommand(
        new CommandLine(new BenchCommand(shell))
            .addSubcommand(new BenchVerifyCommand(shell))
            .addSubcommand(new BenchFixpointCommand(shell))
            .addSubcommand(new BenchFleetCommand(shell))
            .addSubcommand(new BenchFollowCommand(shell))
            .addSubcommand(new BenchColdCommand(shell))
            .addSubcommand(new BenchHistoryCommand(shell)));
    describe(root);
    // These reach only the subcommands that are there already.
    root.setOut(new PrintWriter(shell.stdout(), true, StandardCharsets.UTF_8));
    root.setCaseInsensitiveEnumValuesAllowed(true);
    root.setExecutionExceptionHandler(failures);
    root.setParameterExceptionHandler(failures);
    return root;
  }

  private static CommandLine signatures(Shell shell) {
    return new CommandLine(new SignaturesCommand())
        .addSubcommand(new SignaturesAddCommand(shell))
        .addSubcommand(new SignaturesListCommand(shell))
        .addSubcommand(new SignaturesShowCommand(shell))
        .addSubcommand(new SignaturesDiffCommand(shell))
        .addSubcommand(new SignaturesAnnounceCommand(shell));
  }

  private static CommandLine fleet(Shell shell) {
    return new CommandLine(new FleetCommand())
        .addSubcommand(new FleetListCommand(shell))
        .addSubcommand(new FleetShowCommand(shell))
        .addSubcommand(new FleetBacklogCommand(shell));
  }

  private static CommandLine findings(Shell shell) {
    return new CommandLine(new FindingsCommand())
        .addSubcommand(new FindingsListCommand(shell))
        .addSubcommand(new FindingsShowCommand(shell));
  }

  private static void describe(CommandLine commandLine) {
    CommandSpec spec = commandLine.getCommandSpec();
    spec.mixinStandardHelpOptions(true);
    spec.version("plumbline 0.1.0");
    spec.usageMessage().exitCodeListHeading("%nExit codes:%n");
    spec.usageMessage().exitCodeList(ExitCode.listing());
    spec.usageMessage().sortOptions(false);
    commandLine.getSubcommands().values().forEach(RootCommand::describe);
  }
}
