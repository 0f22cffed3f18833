package io.plumbline.cli.command;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.results.Fleet;
import io.plumbline.cli.results.FleetRows;
import io.plumbline.cli.results.ResultLine;
import io.plumbline.cli.results.VmTrust;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code fleet show}. */
@Command(
    name = "show",
    description =
        "Identity, trust, coverage and open findings of one guest; ends with 0, 1 or 3 as its"
            + " trust is.")
final class FleetShowCommand implements Callable<Integer> {
  private final Shell shell;

  @Parameters(paramLabel = "VM", description = "the guest's name")
  private String vm;

  @Mixin private NewestFleet newest;
  @Mixin private OutputOption output;

  FleetShowCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws InterruptedException, SchemaRegistryException {
    Console console = output.console(shell);
    Fleet fleet = newest.read(console);
    if (!fleet.vms().contains(vm)) {
      throw new CommandFailure(ExitCode.UNDECIDED, "nothing is known of a guest '" + vm + "'");
    }
    if (console.format() == OutputFormat.TABLE) {
      fleet.identity(vm).ifPresent(each -> ResultLine.of(each, console).forEach(console::line));
      fleet.coverage(vm).ifPresent(each -> ResultLine.of(each, console).forEach(console::line));
      FleetRows.open(fleet, vm)
          .forEach(each -> ResultLine.of(each, console).forEach(console::line));
      fleet.trust(vm).ifPresent(each -> ResultLine.of(each, console).forEach(console::line));
    } else {
      console.json(FleetRows.detail(fleet, vm));
    }
    return exit(fleet.trust(vm).map(VmTrust::state).orElse("undecided")).code();
  }

  private static ExitCode exit(String trust) {
    return switch (trust) {
      case "trusted" -> ExitCode.OK;
      case "violated" -> ExitCode.VIOLATION;
      default -> ExitCode.UNDECIDED;
    };
  }
}
