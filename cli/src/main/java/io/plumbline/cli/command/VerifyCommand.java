package io.plumbline.cli.command;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.verdict.Judged;
import io.plumbline.cli.verdict.VerdictJson;
import io.plumbline.cli.verdict.VerdictText;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code verify}: whether saved guests' kernels can be trusted. */
@Command(
    name = "verify",
    description =
        "Identity, coverage, trust and findings of saved guests, one after the other; the exit code"
            + " is the gravest: violation, unreadable, undecided.")
final class VerifyCommand implements Callable<Integer> {
  /** What a caller wants to know first comes first. */
  private static final List<ExitCode> GRAVEST_FIRST =
      List.of(ExitCode.VIOLATION, ExitCode.UNREADABLE, ExitCode.UNDECIDED, ExitCode.OK);

  private final Shell shell;

  @Parameters(
      paramLabel = "IMAGE",
      arity = "1..*",
      description = "saved guests; each is recognised by its content")
  private List<Path> images;

  @Option(
      names = "--registers",
      paramLabel = "FILE",
      description = ImageArguments.REGISTERS + "; with one IMAGE only")
  private Path registers;

  @Option(
      names = "--vm",
      paramLabel = "ID",
      description = ImageArguments.VM + "; with one IMAGE only")
  private String vm;

  @Mixin private VectorOption vector;
  @Mixin private SignatureOption signatures;
  @Mixin private OutputOption output;

  VerifyCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    if (images.size() > 1 && (registers != null || vm != null)) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--registers and --vm: expected one IMAGE with them, found " + images.size());
    }
    OptionalInt asked = vector.asked();
    Console console = output.console(shell);
    SignatureBook book = signatures.book(shell);
    if (images.size() == 1) {
      return verify(images.get(0), book, asked, console).code();
    }
    Set<ExitCode> exits = EnumSet.noneOf(ExitCode.class);
    for (Path image : images) {
      try {
        exits.add(verify(image, book, asked, console));
      } catch (IOException e) { // the other guests are of no less interest
        exits.add(new Failures(shell.stderr()).unreadable(e));
      }
    }
    return GRAVEST_FIRST.stream().filter(exits::contains).findFirst().orElseThrow().code();
  }

  private ExitCode verify(Path image, SignatureBook book, OptionalInt asked, Console console)
      throws IOException {
    Judged judged = judge(image, book, asked);
    if (console.format() == OutputFormat.TABLE) {
      VerdictText.print(judged, console);
    } else {
      console.json(VerdictJson.of(judged));
    }
    return Judges.exit(judged.verdict().trust());
  }

  private Judged judge(Path image, SignatureBook book, OptionalInt asked) throws IOException {
    long before = shell.nanoTime().getAsLong();
    String name = vm != null ? vm : String.valueOf(image.getFileName());
    try (GuestImage opened = GuestImages.open(image, Optional.ofNullable(registers))) {
      Duration read = Duration.ofNanos(shell.nanoTime().getAsLong() - before);
      Verdict verdict =
          Judges.judge(shell, asked).judge(new Guest(name, opened.memory(), opened.vcpus()), book);
      return new Judged(
          name,
          opened.format().title(),
          opened.memoryBytes(),
          opened.vcpus().size(),
          opened.missing(),
          read,
          verdict);
    } catch (UncheckedIOException e) { // the file changed or its disk failed while being read
      throw e.getCause();
    }
  }
}
