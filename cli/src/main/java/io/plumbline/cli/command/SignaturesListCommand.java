package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.signaturestore.keep.SignatureStore;
import io.plumbline.signaturestore.keep.SignatureSummary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code signatures list}. */
@Command(name = "list", description = "Every signature at hand.")
final class SignaturesListCommand implements Callable<Integer> {
  private final Shell shell;
  @Mixin private SignatureOption signatures;
  @Mixin private OutputOption output;

  SignaturesListCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    Table table = SignatureRows.table();
    List<ObjectNode> objects = new ArrayList<>();
    Set<SignatureId> seen = new HashSet<>();
    for (SignatureStore store : signatures.all(shell)) {
      for (SignatureSummary each : store.list()) {
        if (seen.add(each.id())) {
          SignatureRows.add(table, each);
          objects.add(SignatureRows.json(each));
        }
      }
    }
    output.console(shell).listing(table, objects);
    return ExitCode.OK.code();
  }
}
