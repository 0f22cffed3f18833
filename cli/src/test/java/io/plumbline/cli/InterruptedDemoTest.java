package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.cli.CommandBench.Outcome;
import io.plumbline.cli.stage.ToyKernel;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C, as a terminal does it: a real process and a real SIGINT. */
@EnabledOnOs(OS.LINUX)
class InterruptedDemoTest {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofMinutes(2);

  private static final String ANSWERS =
      """
      {"build": "%s", "rounds": [{"kind": "clean", "did": "nothing", "findings": []}]}
      """;

  @TempDir private Path folder;

  @Test
  void anInterruptedDemoEndsWith130AndLeavesNothingBehind() throws Exception {
    Path temporary = Files.createDirectories(folder.resolve("tmp"));
    Path words = folder.resolve("stderr");
    Process demo = demo(samples(), temporary, words);
    try {
      await(demo, words, "ready after");
      assertThat(list(temporary)).as("a demo that runs has a folder").isNotEmpty();

      Process kill = new ProcessBuilder("kill", "-INT", Long.toString(demo.pid())).start();
      assertThat(kill.waitFor()).isZero();

      boolean ended = demo.waitFor(STOP.toSeconds(), TimeUnit.SECONDS);
      assertThat(ended)
          .as("it ends; otherwise its threads: %s", ended ? "" : threads(demo))
          .isTrue();
      assertThat(demo.exitValue()).isEqualTo(130);
      assertThat(list(temporary)).as("left behind").isEmpty();
      assertThat(Files.readString(words)).doesNotContain("Exception");
    } finally {
      demo.destroyForcibly();
    }
  }

  private Path samples() throws Exception {
    Path samples = folder.resolve("samples");
    new SignatureStore(samples.resolve("signatures")).add(ToyKernel.signature());
    ToyImage toy = ToyImage.write(ToyKernel.clean(), folder, "toy");
    Path recording = Files.createDirectories(samples.resolve("recordings")).resolve("toy.avro");
    String record =
        "record " + toy.image() + " --registers " + toy.registers() + " --vm toy --out ";
    Outcome recorded = new CommandBench(folder).run((record + recording).split(" "));
    assertThat(recorded.exit()).as(recorded.err()).isZero();
    Files.writeString(
        recording.resolveSibling("toy.expected.json"), ANSWERS.formatted(ToyKernel.BUILD));
    return samples;
  }

  /** A shell that starts something in the background has it ignore SIGINT; env undoes that. */
  private Process demo(Path samples, Path temporary, Path words) throws IOException {
    return new ProcessBuilder(
            "env",
            "--default-signal=INT",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx768m",
            "-Djava.io.tmpdir=" + temporary,
            "-Dplumbline.log=" + folder.resolve("log"),
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            "io.plumbline.cli.Plumbline",
            "demo",
            "--samples",
            samples.toString(),
            "--pace",
            "600000")
        .redirectOutput(folder.resolve("stdout").toFile())
        .redirectError(words.toFile())
        .start();
  }

  /** What a process that should have ended is doing. */
  private String threads(Process demo) throws Exception {
    Path dump = folder.resolve("threads");
    Path jstack = Path.of(System.getProperty("java.home"), "bin", "jstack");
    if (!Files.isExecutable(jstack)) {
      return "not known, there is no " + jstack;
    }
    Process asking =
        new ProcessBuilder(jstack.toString(), Long.toString(demo.pid()))
            .redirectErrorStream(true)
            .redirectOutput(dump.toFile())
            .start();
    asking.waitFor(STOP.toSeconds(), TimeUnit.SECONDS);
    return Files.readString(dump);
  }

  private static void await(Process demo, Path words, String word) throws Exception {
    long deadline = System.nanoTime() + START.toNanos();
    while (!Files.readString(words).contains(word)) {
      assertThat(demo.isAlive()).as(Files.readString(words)).isTrue();
      assertThat(System.nanoTime() - deadline).as(Files.readString(words)).isNegative();
      Thread.sleep(100);
    }
  }

  private static List<String> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(Path::toString).toList();
    }
  }
}
