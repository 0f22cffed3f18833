package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.exit.ExitCode;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code signatures show}. */
@Command(name = "show", description = "What one signature holds.")
final class SignaturesShowCommand implements Callable<Integer> {
  private final Shell shell;

  @Parameters(
      paramLabel = "ID",
      description = "the signature's id, the beginning of it, or the name of the build")
  private String reference;

  @Mixin private SignatureOption signatures;
  @Mixin private OutputOption output;

  SignaturesShowCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    Console console = output.console(shell);
    FoundSignature found = FoundSignature.of(reference, signatures.all(shell));
    ObjectNode object = SignatureRows.json(found.summary(), found.signature());
    if (console.format() == OutputFormat.TABLE) {
      Table table = new Table("FIELD", "VALUE");
      object
          .properties()
          .forEach(
              field ->
                  table.row(
                      field.getKey(),
                      field.getValue().isValueNode()
                          ? field.getValue().asText()
                          : field.getValue().toString()));
      console.table(table);
    } else {
      console.json(object);
    }
    return ExitCode.OK.code();
  }
}
