package io.plumbline.cli.command;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.results.Fleet;
import io.plumbline.cli.results.FleetRows;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code fleet list}. */
@Command(name = "list", description = "A row for each guest.")
final class FleetListCommand implements Callable<Integer> {
  private final Shell shell;

  @Mixin private NewestFleet newest;
  @Mixin private OutputOption output;

  FleetListCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws InterruptedException, SchemaRegistryException {
    Console console = output.console(shell);
    Fleet fleet = newest.read(console);
    console.listing(FleetRows.table(fleet), FleetRows.objects(fleet));
    return ExitCode.OK.code();
  }
}
