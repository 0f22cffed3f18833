package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.cli.command.Shell;
import io.plumbline.cli.console.Terminal;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** Runs commands through the real command line, in this process, in a world of their own. */
final class CommandBench {
  static final Instant NOW = Instant.parse("2026-02-03T04:05:06Z");

  private static final SignatureId DRAFT = new SignatureId("sha256:" + "0".repeat(64));

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

  /** Puts the synthetic kernel's package among the user's own signatures. */
  void learnSyntheticKernel() throws IOException {
    new SignatureStore(store)
        .add(new PackageSignature(DRAFT, SyntheticImage.classic().image(), new long[0]));
  }

  /** Records a guest with all of its memory, a round for each image. */
  void record(Path recording, ToyImage... rounds) {
    List<String> command = new ArrayList<>(List.of("record", "--pages", "full", "--vm", "toy"));
    command.addAll(List.of("--out", recording.toString()));
    for (ToyImage round : rounds) {
      command.addAll(List.of("--registers", round.registers().toString()));
    }
    for (ToyImage round : rounds) {
      command.add(round.image().toString());
    }
    Outcome outcome = run(command.toArray(String[]::new));
    assertThat(outcome.exit()).as(outcome.err()).isZero();
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
