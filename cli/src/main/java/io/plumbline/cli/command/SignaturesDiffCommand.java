package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.signaturestore.compare.EntryDistances;
import io.plumbline.signaturestore.compare.SignatureDistance;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code signatures diff}. */
@Command(name = "diff", description = "How far two builds are apart, in functions.")
final class SignaturesDiffCommand implements Callable<Integer> {
  private final Shell shell;

  @Parameters(index = "0", paramLabel = "A", description = "one build, as for show")
  private String first;

  @Parameters(index = "1", paramLabel = "B", description = "the other")
  private String second;

  @Mixin private SignatureOption signatures;
  @Mixin private OutputOption output;

  SignaturesDiffCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    List<SignatureStore> stores = signatures.all(shell);
    FoundSignature one = FoundSignature.of(first, stores);
    FoundSignature other = FoundSignature.of(second, stores);
    SignatureDistance distance = SignatureDistance.between(one.signature(), other.signature());
    Map<String, SignatureDistance> entries =
        EntryDistances.between(one.signature(), other.signature());
    Console console = output.console(shell);
    if (console.format() == OutputFormat.TABLE) {
      Table table = new Table("FUNCTIONS", "COUNT");
      table.row("only in " + one.signature().name().build(), distance.onlyInFirst());
      table.row("only in " + other.signature().name().build(), distance.onlyInSecond());
      console.table(table.row("in both", distance.inBoth()));
      if (!entries.isEmpty()) {
        console.line("");
        console.table(entryTable(entries));
      }
    } else {
      ObjectNode node = JsonNodeFactory.instance.objectNode();
      node.put("a", one.summary().id().value()).put("b", other.summary().id().value());
      node.put("onlyInA", distance.onlyInFirst()).put("onlyInB", distance.onlyInSecond());
      node.put("inBoth", distance.inBoth());
      ArrayNode list = node.putArray("entries");
      entries.forEach((entry, each) -> list.add(entryJson(entry, each)));
      console.json(node);
    }
    return ExitCode.OK.code();
  }

  private static Table entryTable(Map<String, SignatureDistance> entries) {
    Table table = new Table("ENTRY", "ONLY IN A", "ONLY IN B", "IN BOTH");
    entries.forEach(
        (entry, each) -> table.row(entry, each.onlyInFirst(), each.onlyInSecond(), each.inBoth()));
    return table;
  }

  private static ObjectNode entryJson(String entry, SignatureDistance each) {
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("entry", entry);
    node.put("onlyInA", each.onlyInFirst()).put("onlyInB", each.onlyInSecond());
    return node.put("inBoth", each.inBoth());
  }
}
