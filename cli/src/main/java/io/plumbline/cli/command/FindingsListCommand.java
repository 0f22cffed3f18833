package io.plumbline.cli.command;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.results.FleetRows;
import io.plumbline.cli.results.ResultJson;
import io.plumbline.cli.results.VmFinding;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code findings list}. */
@Command(name = "list", description = "Open findings, oldest first.")
final class FindingsListCommand implements Callable<Integer> {
  private final Shell shell;

  @Option(names = "--vm", paramLabel = "ID", description = "of one guest only")
  private String vm;

  @Option(names = "--closed", description = "closed findings too")
  private boolean closed;

  @Mixin private NewestFleet newest;
  @Mixin private OutputOption output;

  FindingsListCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws InterruptedException, SchemaRegistryException {
    Console console = output.console(shell);
    List<VmFinding> findings =
        newest.read(console).findings().stream()
            .filter(each -> closed || each.open())
            .filter(each -> vm == null || each.vmId().equals(vm))
            .toList();
    console.listing(FleetRows.table(findings), findings.stream().map(ResultJson::of).toList());
    return ExitCode.OK.code();
  }
}
