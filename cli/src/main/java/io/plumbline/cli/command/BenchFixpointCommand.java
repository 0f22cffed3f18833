package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.introspection.bench.FixpointBenchmark;
import io.plumbline.introspection.bench.UnfitGuestException;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.reach.ReachStep;
import io.plumbline.introspection.trust.Coverage;
import io.plumbline.introspection.trust.Guest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench fixpoint}: how much code hardware state leads to, by which step, how fast. */
@Command(
    name = "fixpoint",
    description =
        "Measures, for each saved guest, which share of its kernel's text hardware state leads to,"
            + " step by step, with its build's signature and without any, and how long that takes"
            + " on one thread for a guest never seen before.")
final class BenchFixpointCommand implements Callable<Integer> {
  private final Shell shell;

  @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "saved guests")
  private List<Path> images;

  @Option(
      names = "--registers",
      paramLabel = "FILE",
      description = ImageArguments.REGISTERS + "; with one IMAGE only")
  private Path registers;

  @Mixin private SignatureOption signatures;

  @Mixin private OutputOption output;

  BenchFixpointCommand(Shell shell) {
    this.shell = shell;
  }

  private record Row(String build, String signature, FixpointBenchmark.Result result) {}

  @Override
  public Integer call() throws IOException {
    if (images.size() > 1 && registers != null) {
      throw new CommandFailure(
          ExitCode.USAGE, "--registers: expected one IMAGE with it, found " + images.size());
    }
    Console console = output.console(shell);
    SignatureBook book = signatures.book(shell);
    Table table = table();
    for (Path image : images) {
      for (Row row : rows(image, book)) {
        if (console.format() == OutputFormat.TABLE) {
          add(table, row);
        } else {
          console.json(json(image, row));
        }
      }
    }
    if (console.format() == OutputFormat.TABLE) {
      console.table(table);
    }
    return ExitCode.OK.code();
  }

  private List<Row> rows(Path image, SignatureBook book) throws IOException {
    Guest guest = LoadedGuest.read(image, Optional.ofNullable(registers));
    try {
      FixpointBenchmark.Result known = FixpointBenchmark.known(guest, book, shell.nanoTime());
      String build = known.verdict().identity().build().orElseThrow().build();
      List<Row> rows = new ArrayList<>();
      rows.add(new Row(build, "with", known));
      rows.add(new Row(build, "without", FixpointBenchmark.unknown(guest, shell.nanoTime())));
      return rows;
    } catch (UnfitGuestException e) {
      throw new CommandFailure(ExitCode.UNREADABLE, image + ": " + e.getMessage(), e);
    }
  }

  private static Table table() {
    List<String> columns = new ArrayList<>(List.of("kernel", "signature"));
    for (ReachStep step : ReachStep.values()) {
      columns.add(step.wireName().replace('_', ' '));
    }
    columns.addAll(List.of("text MB", "explored ms", "verdict ms"));
    return new Table(columns.toArray(String[]::new));
  }

  private static void add(Table table, Row row) {
    List<String> cells = new ArrayList<>(List.of(row.build, row.signature));
    Coverage coverage = row.result.coverage();
    for (ReachStep step : ReachStep.values()) {
      cells.add(
          String.format(
              Locale.ROOT,
              "%.1f %%",
              100.0 * coverage.bytesByStep().get(step) / coverage.textBytes()));
    }
    cells.add(String.format(Locale.ROOT, "%.2f", coverage.textBytes() / 1e6));
    cells.add(String.format(Locale.ROOT, "%.0f", row.result.exploreSeconds() * 1e3));
    cells.add(String.format(Locale.ROOT, "%.0f", row.result.verdictSeconds() * 1e3));
    table.row(cells.toArray());
  }

  private static ObjectNode json(Path image, Row row) {
    Coverage coverage = row.result.coverage();
    ObjectNode node =
        JsonNodeFactory.instance
            .objectNode()
            .put("image", image.toString())
            .put("build", row.build)
            .put("signature", row.signature.equals("with"))
            .put("textBytes", coverage.textBytes());
    ObjectNode steps = node.putObject("bytesByStep");
    for (ReachStep step : ReachStep.values()) {
      steps.put(step.wireName(), coverage.bytesByStep().get(step));
    }
    return node.put("exploreMs", row.result.exploreSeconds() * 1e3)
        .put("verdictMs", row.result.verdictSeconds() * 1e3)
        .put("trust", row.result.verdict().trust().wireName());
  }
}
