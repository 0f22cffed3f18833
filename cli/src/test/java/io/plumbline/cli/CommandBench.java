package io.plumbline.cli;

import io.plumbline.cli.command.Shell;
import io.plumbline.cli.console.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

/** Runs commands through the real command line, in this process, in a world of their own. */
final class CommandBench {
  static final Instant NOW = Instant.parse("2026-02-03T04:05:06Z");

  private final Path home;
  private final Path store;

  /** No samples and no signatures yet. */
  CommandBench(Path folder) {
    this.home = folder.resolve("home");
    this.store = folder.resolve("signatures");
  }

  /** Where the user's own signatures are. */
  Path store() {
    return store;
  }

  /** What a command said and how it ended. */
  record Outcome(int exit, String out, String err) {
    /** The lines on stderr. */
    List<String> complaints() {
      return err.lines().toList();
    }
  }

  Outcome run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exit = Plumbline.run(shell(out, err), arguments);
    return new Outcome(
        exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** The world of one command, whose words may be read while it runs. */
  Shell shell(ByteArrayOutputStream out, ByteArrayOutputStream err) {
    return shell(new PrintStream(out, true, StandardCharsets.UTF_8), err);
  }

  /** The same with a standard output of one's own. */
  Shell shell(PrintStream out, ByteArrayOutputStream err) {
    return new Shell(
        out,
        new PrintStream(err, true, StandardCharsets.UTF_8),
        Terminal.NONE,
        home,
        store,
        Clock.fixed(NOW, ZoneOffset.UTC),
        System::nanoTime);
  }
}
