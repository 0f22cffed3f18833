package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.fleet.FleetBenchmark;
import io.plumbline.cli.fleet.FleetResult;
import io.plumbline.cli.fleet.FleetSettings;
import io.plumbline.flinkjobs.wire.RegistryAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench fleet}: what a fleet of simulated VMs costs, through real Kafka and Flink. */
@Command(
    name = "fleet",
    description =
        "Measures a fleet of simulated VMs through a real broker and the real job with RocksDB in"
            + " this process: latency from publishing to finding, processor time, state and heap a"
            + " VM, and how many VMs a core carries.")
final class BenchFleetCommand implements Callable<Integer> {
  /** VMs that a core has to carry, each with a round every interval. */
  private static final double GOAL = 10_000;

  private static final int MOST_VMS = 99_999;
  private static final int MOST_WARM = 3_600;

  private final Shell shell;

  @Parameters(
      paramLabel = "RECORDING",
      arity = "0..*",
      description =
          "recorded guests with answer keys beside them, which the VMs share; default: the samples")
  private List<Path> recordings = List.of();

  @Option(
      names = "--vms",
      paramLabel = "N",
      split = ",",
      defaultValue = "10",
      description = "sizes of the fleet, several separated by commas; default: ${DEFAULT-VALUE}")
  private List<Integer> vms;

  @Option(
      names = "--interval",
      paramLabel = "MILLIS",
      defaultValue = "10000",
      description = "from one round of a VM to its next; default: ${DEFAULT-VALUE}")
  private int interval;

  @Option(
      names = "--tampered",
      paramLabel = "N",
      defaultValue = "50",
      description =
          "of a thousand rounds of clean guests, so many are tampered with, and restored in the"
              + " next; default: ${DEFAULT-VALUE}")
  private int tampered;

  @Option(
      names = "--busy",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "of a thousand VMs, so many are at work, if the recorded guests were for some rounds;"
              + " default: ${DEFAULT-VALUE}")
  private int busy;

  @Option(
      names = "--warm",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description =
          "how long rounds are offered before it is measured, so that what runs often is compiled;"
              + " default: ${DEFAULT-VALUE}")
  private int warm;

  @Option(
      names = "--parallelism",
      paramLabel = "N",
      defaultValue = "1",
      description = "instances of the analysis; default: ${DEFAULT-VALUE}")
  private int parallelism;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "default: 1")
  private long seed;

  @Option(
      names = "--store",
      paramLabel = "DIR",
      description = "folder of signatures; default: those of samples/")
  private Path store;

  @Mixin private MeasuringTime time;
  @Mixin private OutputOption output;

  BenchFleetCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws Exception {
    Duration steady = Duration.ofNanos(time.nanos());
    vms.forEach(each -> check("--vms", each, 1, MOST_VMS));
    check("--interval", interval, 1, Integer.MAX_VALUE);
    check("--tampered", tampered, 0, 1000);
    check("--busy", busy, 0, 1000);
    check("--warm", warm, 0, MOST_WARM);
    check("--parallelism", parallelism, 1, 64);
    Console console = output.console(shell);
    Table latencies =
        new Table("VMs", "rounds/s", "findings", "late", "p50 ms", "p99 ms", "p99.9 ms");
    Table costs =
        new Table(
            "VMs",
            "primed s",
            "done of offered",
            "verdicts",
            "CPU ms/VM/s",
            "VMs a core",
            "of goal",
            "state MB/VM",
            "heap MB/VM");
    for (int size : vms) {
      FleetSettings settings =
          new FleetSettings(
              size,
              guests(),
              store != null ? store : SignatureOption.shipped(shell),
              Duration.ofSeconds(warm),
              steady,
              Duration.ofMillis(interval),
              tampered,
              busy,
              parallelism,
              seed);
      FleetResult result =
          new FleetBenchmark(
                  settings,
                  RegistryAddress.EMBEDDED.open(),
                  shell.clock(),
                  shell.nanoTime(),
                  console::note)
              .run();
      if (console.format() == OutputFormat.TABLE) {
        row(latencies, costs, result);
      } else {
        console.json(json(result));
      }
    }
    if (console.format() == OutputFormat.TABLE) {
      console.table(latencies);
      console.table(costs);
    }
    return ExitCode.OK.code();
  }

  private static void check(String option, int given, int least, int most) {
    if (given < least || given > most) {
      throw new CommandFailure(
          ExitCode.USAGE, option + ": expected " + least + " to " + most + ", found " + given);
    }
  }

  private List<Path> guests() throws IOException {
    if (!recordings.isEmpty()) {
      return recordings;
    }
    try (Stream<Path> files = Files.list(shell.home().resolve("samples").resolve("recordings"))) {
      return files.filter(file -> file.toString().endsWith(".avro")).sorted().toList();
    }
  }

  private static void row(Table latencies, Table costs, FleetResult result) {
    latencies.row(
        result.guests().vms(),
        number(result.steady().offered() / result.steady().seconds()),
        result.latencies().count(),
        result.latencies().missing(),
        millis(result.latencies().seconds(0.5)),
        millis(result.latencies().seconds(0.99)),
        millis(result.latencies().seconds(0.999)));
    costs.row(
        result.guests().vms(),
        number(result.primeSeconds()),
        result.steady().completed() + "/" + result.steady().offered(),
        result.steady().judged(),
        number(1e3 * result.steady().cores() / result.guests().vms()),
        number(result.vmsPerCore()),
        String.format(Locale.ROOT, "%.4f", result.vmsPerCore() / GOAL),
        number(result.checkpointBytes() / 1e6 / result.guests().vms()),
        number(result.heapBytes() / 1e6 / result.guests().vms()));
  }

  private ObjectNode json(FleetResult result) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("vms", result.guests().vms());
    ObjectNode builds = node.putObject("vmsByBuild");
    result.guests().byBuild().forEach(builds::put);
    node.put("busy", result.guests().busy());
    node.put("intervalMs", interval);
    node.put("framesWatched", result.guests().framesWatched());
    node.put("framesChanged", result.guests().framesChanged());
    node.put("primeSeconds", result.primeSeconds());
    node.put("steadySeconds", result.steady().seconds());
    node.put("roundsOffered", result.steady().offered());
    node.put("roundsCompleted", result.steady().completed());
    node.put("verdicts", result.steady().judged());
    node.put("keptUp", result.steady().keptUp());
    node.put("findings", result.latencies().count());
    node.put("findingsMissing", result.latencies().missing());
    ObjectNode latency = node.putObject("publishToFindingMs");
    put(latency, "p50", result.latencies().seconds(0.5));
    put(latency, "p99", result.latencies().seconds(0.99));
    put(latency, "p999", result.latencies().seconds(0.999));
    node.put("cpuSeconds", result.steady().cpuSeconds());
    node.put("vmsPerCore", result.vmsPerCore());
    node.put("ofGoal", result.vmsPerCore() / GOAL);
    node.put("stateBytesPerVm", result.checkpointBytes() / result.guests().vms());
    return node.put("heapBytesPerVm", result.heapBytes() / result.guests().vms());
  }

  private static void put(ObjectNode node, String name, OptionalDouble seconds) {
    node.put(name, seconds.isPresent() ? (Double) (seconds.getAsDouble() * 1e3) : null);
  }

  private static String millis(OptionalDouble seconds) {
    return seconds.isPresent()
        ? String.format(Locale.ROOT, "%.0f", seconds.getAsDouble() * 1e3)
        : "-";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
