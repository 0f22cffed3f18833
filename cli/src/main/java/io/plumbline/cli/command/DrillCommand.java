package io.plumbline.cli.command;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Progress;
import io.plumbline.cli.drill.DrillJson;
import io.plumbline.cli.drill.DrillReport;
import io.plumbline.cli.drill.DrillText;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.introspection.drill.Drill;
import io.plumbline.introspection.drill.DrillRow;
import io.plumbline.introspection.drill.Technique;
import io.plumbline.introspection.drill.Techniques;
import io.plumbline.introspection.drill.UnfitForDrillException;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.Judge;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code drill}: whether rootkits would be seen in a saved guest. */
@Command(
    name = "drill",
    description =
        "Makes every rootkit technique on a copy of a saved guest's memory and registers, has the"
            + " copy judged, and says what was found at its place, what was missed and what else was"
            + " reported. The image is not written. The guest's build must be known from its"
            + " package, and the guest be clean. Exit code 0 if every technique that can be made was"
            + " found and nothing else reported, else 1; of several images the gravest.")
final class DrillCommand implements Callable<Integer> {
  private static final List<ExitCode> GRAVEST_FIRST =
      List.of(ExitCode.VIOLATION, ExitCode.UNREADABLE, ExitCode.UNDECIDED, ExitCode.OK);

  private final Shell shell;

  @Parameters(
      paramLabel = "IMAGE",
      arity = "1..*",
      description = "saved guests; each is recognised by its content")
  private List<Path> images;

  @Option(
      names = "--technique",
      paramLabel = "NAME",
      description = "only this technique; may be given several times")
  private List<String> names = List.of();

  @Option(
      names = "--registers",
      paramLabel = "FILE",
      description = ImageArguments.REGISTERS + "; with one IMAGE only")
  private Path registers;

  @Option(names = "--markdown", description = "a table for documents instead of -o")
  private boolean markdown;

  @Mixin private SignatureOption signatures;
  @Mixin private OutputOption output;

  DrillCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    if (images.size() > 1 && registers != null) {
      throw new CommandFailure(
          ExitCode.USAGE, "--registers: expected one IMAGE with it, found " + images.size());
    }
    List<Technique> techniques = techniques();
    Console console = output.console(shell);
    SignatureBook book = signatures.book(shell);
    Judge judge = Judges.judge(shell, OptionalInt.empty());
    Set<ExitCode> exits = EnumSet.noneOf(ExitCode.class);
    for (Path image : images) {
      exits.add(drill(image, judge, book, techniques, console));
    }
    return GRAVEST_FIRST.stream().filter(exits::contains).findFirst().orElseThrow().code();
  }

  private List<Technique> techniques() {
    List<String> unknown = new ArrayList<>(names);
    unknown.removeAll(Techniques.all().stream().map(Technique::name).toList());
    if (!unknown.isEmpty()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--technique: expected one of "
              + Techniques.all().stream().map(Technique::name).collect(Collectors.joining(", "))
              + "; found "
              + unknown.get(0));
    }
    return Techniques.all().stream()
        .filter(each -> names.isEmpty() || names.contains(each.name()))
        .toList();
  }

  /** One guest; that it cannot be read, or not be drilled, ends nothing but its own drill. */
  private ExitCode drill(
      Path image, Judge judge, SignatureBook book, List<Technique> techniques, Console console) {
    String vm = String.valueOf(image.getFileName());
    try (GuestImage opened = GuestImages.open(image, Optional.ofNullable(registers))) {
      Guest guest = new Guest(vm, opened.memory(), opened.vcpus());
      Drill drill = Drill.of(judge, guest, book, ExplorationBudget.STANDARD);
      DrillReport report =
          new DrillReport(vm, drill.baseline(), rows(drill, techniques, console, vm));
      print(report, console);
      return report.asExpected() ? ExitCode.OK : ExitCode.VIOLATION;
    } catch (UnfitForDrillException e) {
      shell.stderr().println("plumbline: " + image + ": " + e.getMessage());
      return switch (e.reason()) {
        case VIOLATED -> ExitCode.VIOLATION;
        case UNKNOWN_BUILD -> ExitCode.UNDECIDED;
      };
    } catch (UncheckedIOException e) { // the file changed or its disk failed while being read
      return new Failures(shell.stderr()).unreadable(e.getCause());
    } catch (IOException e) {
      return new Failures(shell.stderr()).unreadable(e);
    }
  }

  private List<DrillRow> rows(Drill drill, List<Technique> techniques, Console console, String vm) {
    List<DrillRow> rows = new ArrayList<>();
    try (Progress progress = console.progress("drill " + vm)) {
      for (Technique technique : techniques) {
        progress.at(rows.size(), techniques.size(), technique.name());
        DrillRow row = drill.row(technique);
        rows.add(row);
        if (!markdown && console.format() == OutputFormat.JSONL) {
          console.json(DrillJson.line(vm, row));
        }
      }
    }
    return rows;
  }

  private void print(DrillReport report, Console console) {
    if (markdown) {
      DrillText.printMarkdown(report, console);
    } else if (console.format() == OutputFormat.TABLE) {
      DrillText.print(report, console);
    } else if (console.format() == OutputFormat.JSON) {
      console.json(DrillJson.of(report));
    }
  }
}
