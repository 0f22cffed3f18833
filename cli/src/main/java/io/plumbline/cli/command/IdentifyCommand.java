package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.verdict.VerdictJson;
import io.plumbline.cli.verdict.VerdictText;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.trust.Naming;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code identify}: which build one saved guest runs. */
@Command(name = "identify", description = "Which build a saved guest runs, from one IDT entry.")
final class IdentifyCommand implements Callable<Integer> {
  private final Shell shell;
  @Mixin private ImageArguments image;

  @Mixin private VectorOption vector;
  @Mixin private SignatureOption signatures;
  @Mixin private OutputOption output;

  IdentifyCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    OptionalInt asked = vector.asked();
    Console console = output.console(shell);
    SignatureBook book = signatures.book(shell);
    long before = shell.nanoTime().getAsLong();
    try (GuestImage opened = image.open()) {
      long read = shell.nanoTime().getAsLong();
      Naming naming = Judges.judge(shell, asked).identify(image.guest(opened), book);
      Identity identity = naming.identity();
      naming.reasons().forEach(console::note);
      print(console, identity, read - before, shell.nanoTime().getAsLong() - read);
      boolean named = identity.state() != Identity.State.UNKNOWN;
      return (named ? ExitCode.OK : ExitCode.UNDECIDED).code();
    } catch (UncheckedIOException e) { // the file changed or its disk failed while being read
      throw e.getCause();
    }
  }

  private static void print(Console console, Identity identity, long readNanos, long nanos) {
    if (console.format() == OutputFormat.TABLE) {
      VerdictText.print(identity, console);
      return;
    }
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.set("identity", VerdictJson.identity(identity));
    node.putObject("timings")
        .put("readMs", Duration.ofNanos(readNanos).toMillis())
        .put("identifyMs", Duration.ofNanos(nanos).toMillis());
    console.json(node);
  }
}
