package io.plumbline.cli.command;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.verdict.Judged;
import io.plumbline.cli.verdict.VerdictJson;
import io.plumbline.cli.verdict.VerdictText;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.trust.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code verify}: whether one saved guest's kernel can be trusted. */
@Command(
    name = "verify",
    description = "Identity, coverage, trust and findings of one saved guest.")
final class VerifyCommand implements Callable<Integer> {
  private final Shell shell;
  @Mixin private ImageArguments image;
  @Mixin private VectorOption vector;
  @Mixin private SignatureOption signatures;
  @Mixin private OutputOption output;

  VerifyCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    OptionalInt asked = vector.asked();
    Console console = output.console(shell);
    SignatureBook book = signatures.book(shell);
    Judged judged = judge(book, asked);
    if (console.format() == OutputFormat.TABLE) {
      VerdictText.print(judged, console);
    } else {
      console.json(VerdictJson.of(judged));
    }
    return Judges.exit(judged.verdict().trust()).code();
  }

  private Judged judge(SignatureBook book, OptionalInt asked) throws IOException {
    long before = shell.nanoTime().getAsLong();
    try (GuestImage opened = image.open()) {
      Duration read = Duration.ofNanos(shell.nanoTime().getAsLong() - before);
      Verdict verdict = Judges.judge(shell, asked).judge(image.guest(opened), book);
      return new Judged(
          image.vmId(),
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
