package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.introspection.bench.ColdBenchmark;
import io.plumbline.introspection.bench.UnfitGuestException;
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

/** Measures the first verdict on each of many VMs of one kernel. */
@Command(
    name = "cold",
    description = {
      "Measures, for saved guests that are boots of one kernel known from its package, what the"
          + " first verdict on a VM costs: the first VM of it that the process sees, and one after many,"
          + " beside the same without what guests have in common. The package is prepared before, as"
          + " the job does it ahead of the first VM; --unprepared leaves that to the first VM."
    })
final class BenchColdCommand implements Callable<Integer> {
  private static final int FEWEST = 40;
  private static final int MOST = 100_000;

  private final Shell shell;

  @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "saved guests or recordings")
  private List<Path> images;

  @Option(
      names = "--vms",
      paramLabel = "N",
      defaultValue = "100",
      description = "VMs that are judged, the images in turn; default: ${DEFAULT-VALUE}")
  private int vms;

  @Option(
      names = "--after",
      paramLabel = "IMAGE",
      description =
          "a guest of another kernel that is judged many times before, as a process does that has"
              + " been at work; may be given several times; default: none")
  private List<Path> after = List.of();

  @Option(
      names = "--unprepared",
      description = "do not prepare the package ahead: the first VM reads it and waits for it")
  private boolean unprepared;

  @Mixin private SignatureOption signatures;

  @Mixin private OutputOption output;

  BenchColdCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    if (vms < FEWEST || vms > MOST) {
      throw new CommandFailure(
          ExitCode.USAGE, "--vms: expected " + FEWEST + " to " + MOST + ", found " + vms);
    }
    List<Guest> others = guests(after);
    List<Guest> guests = guests(images);
    Console console = output.console(shell);
    try {
      ColdBenchmark.Result result =
          ColdBenchmark.on(
              others, guests, signatures.book(shell), vms, !unprepared, shell.nanoTime());
      if (console.format() == OutputFormat.TABLE) {
        console.table(table(result));
      } else {
        console.json(json(result));
      }
    } catch (UnfitGuestException e) {
      throw new CommandFailure(ExitCode.UNREADABLE, e.getMessage(), e);
    }
    return ExitCode.OK.code();
  }

  private static List<Guest> guests(List<Path> images) throws IOException {
    List<Guest> guests = new ArrayList<>();
    for (Path image : images) {
      guests.add(guest(image));
    }
    return guests;
  }

  /** A saved guest, or a recorded one as it was in its first round. */
  private static Guest guest(Path image) throws IOException {
    return LoadedGuest.isRecording(image)
        ? LoadedGuest.recorded(image, 0).guest()
        : LoadedGuest.read(image, Optional.empty());
  }

  private static Table table(ColdBenchmark.Result result) {
    Table table = new Table("VM", "verify ms", "explore ms", "together ms");
    if (result.ahead().isPresent()) {
      ColdBenchmark.Ahead ahead = result.ahead().get();
      String builds = ahead.builds() == 1 ? "1 package" : ahead.builds() + " packages";
      table.row(builds + " prepared ahead", "", "", millis(ahead.millis()));
      row(table, "first of the kernel", result.first());
      row(table, "the two together, as if not prepared", result.unprepared());
    } else {
      row(table, "first of the kernel, package not prepared", result.first());
    }
    row(table, "number " + result.vms(), result.last());
    table.row("explored by themselves", "", "", String.valueOf(result.exploredAlone()));
    row(table, "number " + 2 * result.vms() + ", explored by itself", result.alone());
    row(table, "number " + 3 * result.vms(), result.later());
    table.row("ratio", "", "", String.format(Locale.ROOT, "%.1f", result.ratio()));
    return table;
  }

  private static void row(Table table, String which, ColdBenchmark.Cost cost) {
    table.row(which, millis(cost.verify()), millis(cost.explore()), millis(cost.total()));
  }

  private static String millis(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static ObjectNode json(ColdBenchmark.Result result) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("vms", result.vms());
    node.put("prepared", result.ahead().isPresent());
    node.put("exploredAlone", result.exploredAlone());
    result
        .ahead()
        .ifPresent(
            ahead -> {
              node.put("preparedBuilds", ahead.builds()).put("prepareMs", ahead.millis());
              cost(node.putObject("unpreparedMs"), result.unprepared());
            });
    cost(node.putObject("firstMs"), result.first());
    cost(node.putObject("lastMs"), result.last());
    cost(node.putObject("aloneMs"), result.alone());
    cost(node.putObject("laterMs"), result.later());
    return node.put("ratio", result.ratio());
  }

  private static void cost(ObjectNode node, ColdBenchmark.Cost cost) {
    node.put("verify", cost.verify()).put("explore", cost.explore()).put("total", cost.total());
  }
}
