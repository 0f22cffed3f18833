package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.introspection.bench.FollowBenchmark;
import io.plumbline.introspection.bench.RoundBenchmark;
import io.plumbline.introspection.bench.UnfitGuestException;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.memory.FrameNumber;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench follow}: what a verdict costs after one page changed. */
@Command(
    name = "follow",
    description =
        "Measures, for a saved guest whose build is known from its package, what a verdict costs"
            + " after one page changed, beside one from scratch in the same run, for the guest as it"
            + " is and with more memory; holds some of the verdicts against ones from scratch, and"
            + " fails if one differs.")
final class BenchFollowCommand implements Callable<Integer> {
  private final Shell shell;

  @Parameters(paramLabel = "IMAGE", description = "a saved guest, or a recording of one")
  private Path image;

  @Option(names = "--registers", paramLabel = "FILE", description = ImageArguments.REGISTERS)
  private Path registers;

  @Option(
      names = "--gibibytes",
      paramLabel = "N",
      split = ",",
      defaultValue = "0,1,4,16,64",
      description = "memory that the guest is given besides its own; default: ${DEFAULT-VALUE}")
  private List<Integer> gibibytes;

  @Option(
      names = "--changes",
      paramLabel = "N",
      defaultValue = "2000",
      description = "changes of each kind, at least 16; default: ${DEFAULT-VALUE}")
  private int changes;

  @Option(
      names = "--compared",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "verdicts of each kind held against one from scratch; default: ${DEFAULT-VALUE}")
  private int compared;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "of what changes; default: ${DEFAULT-VALUE}")
  private long seed;

  @Option(
      names = "--later",
      paramLabel = "IMAGE",
      description =
          "another image of the same guest, saved later without a boot between: measures a round in"
              + " which everything changes that differs, of a guest of which all is kept and of one"
              + " that is followed lightly")
  private Path later;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      split = ",",
      defaultValue = "0,1",
      description =
          "the two rounds of a recording, counted from 0, between which the guest goes to and fro"
              + " as between IMAGE and --later; default: ${DEFAULT-VALUE}")
  private List<Integer> rounds;

  @Mixin private SignatureOption signatures;

  @Mixin private OutputOption output;

  BenchFollowCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    if (changes < 16 || compared < 0 || gibibytes.stream().anyMatch(n -> n < 0 || n > 512)) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "expected --changes of 16 or more, --compared of 0 or more and --gibibytes from 0 to 512,"
              + " found "
              + List.of(changes, compared, gibibytes));
    }
    if (rounds.size() != 2 || rounds.stream().anyMatch(number -> number < 0)) {
      throw new CommandFailure(
          ExitCode.USAGE, "--rounds: expected two numbers of rounds, found " + rounds);
    }
    Console console = output.console(shell);
    List<FollowBenchmark.Result> results = results();
    if (console.format() == OutputFormat.TABLE) {
      console.table(table(results));
    } else {
      results.forEach(result -> console.json(json(result)));
    }
    int different = results.stream().mapToInt(FollowBenchmark.Result::different).sum();
    if (different > 0) {
      throw new CommandFailure(
          ExitCode.VIOLATION, different + " verdicts were not what one from scratch says");
    }
    return ExitCode.OK.code();
  }

  private List<FollowBenchmark.Result> results() throws IOException {
    SignatureBook book = signatures.book(shell);
    LoadedGuest.Loaded loaded = loaded(image, 0, Optional.ofNullable(registers));
    FollowBenchmark.Extent extent = new FollowBenchmark.Extent(changes, compared, seed);
    List<FollowBenchmark.Result> results = new ArrayList<>();
    try {
      if (later != null || LoadedGuest.isRecording(image)) {
        LoadedGuest.Loaded other = loaded(later == null ? image : later, 1, Optional.empty());
        Set<FrameNumber> frames = new LinkedHashSet<>(loaded.frames());
        frames.addAll(other.frames());
        results.addAll(
            RoundBenchmark.on(
                loaded.guest(), other.guest(), frames, book, extent, shell.nanoTime()));
      }
      for (int more : gibibytes) {
        results.addAll(
            FollowBenchmark.on(
                loaded.guest(), loaded.frames(), book, more, extent, shell.nanoTime()));
      }
    } catch (UnfitGuestException e) {
      throw new CommandFailure(ExitCode.UNREADABLE, image + ": " + e.getMessage(), e);
    }
    return results;
  }

  /**
   * A saved guest, or a recorded one.
   *
   * @param which of the two rounds, if it is recorded
   */
  private LoadedGuest.Loaded loaded(Path file, int which, Optional<Path> withRegisters)
      throws IOException {
    return LoadedGuest.isRecording(file)
        ? LoadedGuest.recorded(file, rounds.get(which))
        : LoadedGuest.withFrames(file, withRegisters);
  }

  private static Table table(List<FollowBenchmark.Result> results) {
    Table table =
        new Table(
            "GiB more", "changed", "median us", "p90 us", "from scratch ms", "ratio", "compared");
    for (FollowBenchmark.Result each : results) {
      table.row(
          each.gibibytes(),
          name(each),
          String.format(Locale.ROOT, "%.0f", each.medianMicros()),
          String.format(Locale.ROOT, "%.0f", each.p90Micros()),
          String.format(Locale.ROOT, "%.0f", each.scratchMicros() / 1e3),
          String.format(Locale.ROOT, "1/%.0f", each.ratio()),
          each.compared() + ", " + each.different() + " different");
    }
    return table;
  }

  private static String name(FollowBenchmark.Result result) {
    return result.change().name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private ObjectNode json(FollowBenchmark.Result result) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("image", image.toString())
        .put("gibibytesMore", result.gibibytes())
        .put("changed", name(result))
        .put("changes", result.changes())
        .put("medianMicros", result.medianMicros())
        .put("p90Micros", result.p90Micros())
        .put("scratchMicros", result.scratchMicros())
        .put("ratio", result.ratio())
        .put("compared", result.compared())
        .put("different", result.different());
  }
}
