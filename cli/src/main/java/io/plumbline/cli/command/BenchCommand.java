package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.introspection.bench.BenchmarkResult;
import io.plumbline.introspection.bench.TraversalBenchmark;
import io.plumbline.introspection.bench.UnfitGuestException;
import io.plumbline.introspection.code.CapstoneText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code bench}: how fast the core is on this machine, beside Capstone on the same bytes. */
@Command(
    name = "bench",
    description =
        "Measures decoder and traversal beside Capstone on the same bytes in the same run, and the"
            + " phases of a guest that was never seen before, on one thread.")
final class BenchCommand implements Callable<Integer> {
  private static final String SAMPLE = "6.1.0-50-cloud-amd64.avro";

  private final Shell shell;

  @Parameters(
      paramLabel = "RECORDING",
      arity = "0..1",
      description = "recorded guest; its first round is measured; default: the 6.1 sample")
  private Path recording;

  @Mixin private MeasuringTime time;

  @Mixin private SignatureOption signatures;
  @Mixin private OutputOption output;

  BenchCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    long nanos = time.nanos();
    Console console = output.console(shell);
    Path measured =
        recording != null ? recording : shell.home().resolve("samples/recordings").resolve(SAMPLE);
    try {
      BenchmarkResult result =
          TraversalBenchmark.on(
              LoadedGuest.recorded(measured, 0).guest(),
              signatures.book(shell),
              shell.nanoTime(),
              nanos);
      print(console, result);
      return ExitCode.OK.code();
    } catch (UnfitGuestException e) {
      throw new CommandFailure(ExitCode.UNREADABLE, measured + ": " + e.getMessage(), e);
    }
  }

  private static void print(Console console, BenchmarkResult result) {
    if (console.format() != OutputFormat.TABLE) {
      console.json(json(result));
      return;
    }
    Table rates = new Table("what", "M instructions/s", "x Capstone");
    rates.row("Capstone, linear", rate(result.capstoneRate()), "1.0");
    rates.row("decoder, linear", rate(result.decoderRate()), ratio(result.decoderRatio()));
    rates.row("exploration", rate(result.explorationRate()), ratio(result.explorationRatio()));
    rates.row(
        "exploration and measurement",
        rate(result.traversalRate()),
        ratio(result.traversalRatio()));
    console.table(rates);
    BenchmarkResult.Phases phases = result.phases();
    Table times = new Table("phase of a cold VM", "ms");
    times.row("read page tables, code and roots", millis(phases.read()));
    times.row(
        "closure of one IDT entry (" + result.entryInstructions() + " instructions)",
        millis(phases.entryClosure()));
    times.row(
        "all roots (" + result.rootInstructions() + " instructions)", millis(phases.allRoots()));
    times.row("identify", millis(phases.identify()));
    times.row("verify", millis(phases.verify()));
    console.table(times);
    console.note(
        "medians of " + result.rounds() + " rounds, one thread; " + CapstoneText.availability());
  }

  private static ObjectNode json(BenchmarkResult result) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("rounds", result.rounds());
    node.put("sweptBytes", result.sweptBytes());
    ObjectNode rates = node.putObject("instructionsPerSecond");
    put(rates, "capstone", result.capstoneRate());
    rates.put("decoder", result.decoderRate());
    rates.put("exploration", result.explorationRate());
    rates.put("traversal", result.traversalRate());
    ObjectNode ratios = node.putObject("timesCapstone");
    put(ratios, "decoder", result.decoderRatio());
    put(ratios, "exploration", result.explorationRatio());
    put(ratios, "traversal", result.traversalRatio());
    BenchmarkResult.Phases phases = result.phases();
    node.putObject("phasesMs")
        .put("read", phases.read() * 1e3)
        .put("entryClosure", phases.entryClosure() * 1e3)
        .put("allRoots", phases.allRoots() * 1e3)
        .put("identify", phases.identify() * 1e3)
        .put("verify", phases.verify() * 1e3);
    return node;
  }

  private static void put(ObjectNode node, String name, OptionalDouble value) {
    node.put(name, value.isPresent() ? (Double) value.getAsDouble() : null);
  }

  private static String rate(double perSecond) {
    return String.format(Locale.ROOT, "%.1f", perSecond / 1e6);
  }

  private static String rate(OptionalDouble perSecond) {
    return perSecond.isPresent() ? rate(perSecond.getAsDouble()) : "-";
  }

  private static String ratio(OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, "%.1f", value.getAsDouble()) : "-";
  }

  private static String millis(double seconds) {
    return String.format(Locale.ROOT, "%.1f", seconds * 1e3);
  }
}
