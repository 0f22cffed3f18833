package io.plumbline.cli.command;

import io.plumbline.cli.answers.AnswerKey;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.embedded.EmbeddedJob;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.play.Playback;
import io.plumbline.cli.stage.Announcing;
import io.plumbline.cli.stage.Closing;
import io.plumbline.cli.stage.Stage;
import io.plumbline.cli.stage.StageSettings;
import io.plumbline.cli.wire.ResultTopics;
import io.plumbline.ingest.publish.ObservationPublisher;
import io.plumbline.ingest.publish.PublisherSettings;
import io.plumbline.schemas.wire.EmbeddedSchemaRegistry;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code demo}: the recorded guests through an embedded Kafka and Flink. */
@Command(
    name = "demo",
    description =
        "Starts Kafka and Flink in this process, plays the recorded guests of samples/ and shows"
            + " identities and alerts as they come. Exit code 0 if every guest is named right, every"
            + " tampering is alerted in its round and every other round is silent, by the answer"
            + " keys beside the recordings; else 1.")
final class DemoCommand implements Callable<Integer> {
  /** The end of the demo waits for a checkpoint, so they come often. */
  private static final Duration CHECKPOINTS = Duration.ofSeconds(1);

  private final Shell shell;

  @Option(
      names = "--samples",
      paramLabel = "DIR",
      description = "folder with recordings/ and signatures/; default: samples of the checkout")
  private Path samples;

  @Option(
      names = "--pace",
      paramLabel = "MILLIS",
      defaultValue = "600",
      description = "time from one round to the next; default: ${DEFAULT-VALUE}")
  private int pace;

  @Mixin private OutputOption output;

  DemoCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws Exception {
    if (pace < 0) {
      throw new CommandFailure(
          ExitCode.USAGE, "--pace: expected 0 or more milliseconds, found " + pace);
    }
    Console console = output.console(shell);
    Path folder = samples != null ? samples : shell.home().resolve("samples");
    List<Path> recordings = recordings(folder.resolve("recordings"));
    try (Playback playback = Playback.open(recordings);
        Closing closing = new Closing()) {
      Map<String, AnswerKey> keys = keys(recordings, playback);
      return play(console, playback, keys, folder.resolve("signatures"), closing);
    }
  }

  private int play(
      Console console,
      Playback playback,
      Map<String, AnswerKey> keys,
      Path signatures,
      Closing closing)
      throws Exception {
    long begin = shell.nanoTime().getAsLong();
    console.note("starting Kafka and Flink in this process ...");
    EmbeddedSchemaRegistry registry = new EmbeddedSchemaRegistry();
    Stage stage = Stage.raise(closing, StageSettings.small(signatures, CHECKPOINTS));
    Announcing.announce(
        new SignatureStore(signatures), stage.broker(), registry, shell.clock().instant());
    EmbeddedJob job = stage.analyse(Optional.empty());
    ResultTopics results = closing.add(ResultTopics.open(stage.broker().properties(), registry));
    ObservationPublisher publisher =
        closing.add(
            new ObservationPublisher(PublisherSettings.of(stage.broker().address()), registry));
    Duration ready = Duration.ofNanos(shell.nanoTime().getAsLong() - begin);
    console.note(
        String.format(
            "ready after %.1f s: Kafka at %s, Flink's UI at %s",
            ready.toMillis() / 1000.0, stage.broker().address(), stage.webUi()));
    Demo demo = new Demo(console, stage, job, results, keys, shell.nanoTime());
    demo.play(playback, publisher, Duration.ofMillis(pace));
    return (demo.summarise() ? ExitCode.OK : ExitCode.VIOLATION).code();
  }

  /** By guest, in the order of their turns. */
  private static Map<String, AnswerKey> keys(List<Path> recordings, Playback playback)
      throws IOException {
    Map<String, AnswerKey> keys = new LinkedHashMap<>();
    for (int i = 0; i < recordings.size(); i++) {
      keys.put(playback.vms().get(i), AnswerKey.beside(recordings.get(i)));
    }
    return keys;
  }

  private static List<Path> recordings(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new CommandFailure(ExitCode.UNREADABLE, folder + ": no folder of recordings");
    }
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> recordings =
          files.filter(file -> file.toString().endsWith(".avro")).sorted().toList();
      if (recordings.isEmpty()) {
        throw new CommandFailure(ExitCode.UNREADABLE, folder + ": no recording in there");
      }
      return recordings;
    }
  }
}
