package io.plumbline.cli.command;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.results.ResultJson;
import io.plumbline.cli.results.ResultLine;
import io.plumbline.cli.results.VmFinding;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code findings show}. */
@Command(name = "show", description = "One finding, open or closed.")
final class FindingsShowCommand implements Callable<Integer> {
  private final Shell shell;

  @Parameters(paramLabel = "UID", description = "the finding's uid or the beginning of it")
  private String uid;

  @Mixin private NewestFleet newest;
  @Mixin private OutputOption output;

  FindingsShowCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws InterruptedException, SchemaRegistryException {
    Console console = output.console(shell);
    List<VmFinding> meant =
        newest.read(console).findings().stream()
            .filter(each -> each.uid().startsWith(uid))
            .toList();
    if (meant.size() != 1) {
      throw new CommandFailure(
          ExitCode.UNDECIDED, "finding '" + uid + "': expected one, found " + meant.size());
    }
    if (console.format() == OutputFormat.TABLE) {
      ResultLine.of(meant.get(0), console).forEach(console::line);
    } else {
      console.json(ResultJson.of(meant.get(0)));
    }
    return ExitCode.OK.code();
  }
}
