package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.cli.CommandBench.Outcome;
import io.plumbline.cli.console.RememberingStream;
import io.plumbline.cli.stage.ToyKernel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong around a command: names, targets, settings, a full disk. One line each. */
@Timeout(60)
class ClumsyOperatorTest {
  private static final String NOBODY = "127.0.0.1:1";

  @TempDir private Path folder;
  private CommandBench bench;

  @BeforeEach
  void begin() {
    bench = new CommandBench(folder);
  }

  @Test
  void aRecordingReplacesNoDeviceAndNoFolder() throws IOException {
    ToyImage clean = ToyImage.write(ToyKernel.clean(), folder, "clean");
    for (String target : List.of("/dev/null", folder.toString(), folder + "/no/such/folder")) {
      Outcome outcome = record(clean, target);
      assertThat(outcome.complaints()).hasSize(1);
      assertThat(outcome.err()).startsWith("plumbline: --out: recording " + target + ": expected");
      assertThat(outcome.exit()).isEqualTo(2);
    }
    assertThat(Files.isRegularFile(Path.of("/dev/null"))).isFalse();
  }

  @Test
  void aRecordingThatFailsLeavesWhatWasThereBefore() throws IOException {
    ToyImage clean = ToyImage.write(ToyKernel.clean(), folder, "clean");
    Path before = Files.writeString(folder.resolve("kept.avro"), "before");
    Path broken = Files.writeString(folder.resolve("broken.lime"), "EMiL");
    Outcome outcome =
        bench.run(
            "record",
            broken.toString(),
            "--registers",
            clean.registers().toString(),
            "--vm",
            "toy",
            "--out",
            before.toString());
    assertThat(outcome.exit()).isEqualTo(4);
    assertThat(before).hasContent("before");
    assertThat(folder.resolve("kept.avro.unfinished")).doesNotExist();
  }

  @Test
  void anImageFromBefore1970IsRecorded() throws IOException {
    ToyImage clean = ToyImage.write(ToyKernel.clean(), folder, "clean");
    Files.setLastModifiedTime(clean.image(), FileTime.from(Instant.parse("1950-01-01T00:00:00Z")));
    Outcome outcome = record(clean, folder + "/old.avro");
    assertThat(outcome.exit()).as(outcome.err()).isZero();
  }

  @Test
  void aStoreThatIsNotThereIsNoEmptyStore() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    for (String store : List.of(folder + "/nowhere", file.toString())) {
      for (String command : List.of("signatures list", "signatures show x", "identify " + file)) {
        Outcome outcome = bench.run((command + " --store " + store).split(" "));
        assertThat(outcome.exit()).as(command).isEqualTo(4);
        assertThat(outcome.err())
            .isEqualTo("plumbline: " + store + ": expected a folder of signatures, found none\n");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "fleet list --brokers nonsense, --brokers: expected host:port",
    "fleet list --brokers host:99999, --brokers: expected host:port",
    "fleet list --brokers 127.0.0.1:1 --registry //host, --registry: expected an http or https URL",
    "fleet list --brokers 127.0.0.1:1 --registry http:x, --registry: expected an http or https URL",
    "run --brokers 127.0.0.1:1 --checkpoints /c --registry ::, registry.url: expected",
    "signatures add --enrol _ image, --enrol: expected a name"
  })
  void whatCannotBeAnAddressOrANameIsAUsageError(String line, String complaint) {
    String[] arguments = line.replace("_", " ").split(" ");
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = arguments[i].isEmpty() ? " " : arguments[i];
    }
    Outcome outcome = bench.run(arguments);
    assertThat(outcome.exit()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.complaints()).hasSize(1);
    assertThat(outcome.err()).contains(complaint).doesNotContain("Exception");
  }

  @ParameterizedTest
  @ValueSource(strings = {"collect", "run"})
  void settingsThatAreNoTextOfTheKindAreNamed(String command) throws IOException {
    Path latin = Files.write(folder.resolve("latin"), new byte[] {'k', '=', (byte) 0xff});
    unreadable(bench.run(command, "--config", latin.toString()), latin, "expected text in UTF-8");
    unreadable(bench.run(command, "--config", folder.toString()), folder, "found a folder");
    Path endless = Path.of("/dev/zero");
    unreadable(bench.run(command, "--config", "/dev/zero"), endless, "at most 1048576 bytes");
    Path nowhere = folder.resolve("nowhere");
    unreadable(bench.run(command, "--config", nowhere.toString()), nowhere, "no such file");
  }

  @Test
  void aCollectorsSettingsAreOneObjectWithEachSettingOnce() throws IOException {
    String right =
        "{\"brokers\":\"" + NOBODY + "\",\"host\":\"h\",\"vms\":[{\"id\":\"a\",\"image\":\"i\"}]}";
    List<String> wrong =
        List.of(
            right + "{}", right.replaceFirst("\\{", "{\"host\":\"g\","), "[".repeat(5000), "{", "");
    for (String each : wrong) {
      Path settings = Files.writeString(folder.resolve("collect.json"), each);
      Outcome outcome = bench.run("collect", "--config", settings.toString());
      assertThat(outcome.exit()).as("%s: %s", each, outcome.err()).isEqualTo(2);
      assertThat(outcome.complaints()).hasSize(1);
      assertThat(outcome.err()).contains("collect.json: ", "expected").doesNotContain("Exception");
    }
  }

  @ParameterizedTest
  @CsvSource({"No space left on device, 70, 1", "Broken pipe, 0, 0"})
  void dataThatAFullDiskSwallowsEndsWith70AndAReaderThatLeftWith0(
      String reason, int exit, int complaints) {
    RememberingStream stdout = new RememberingStream(failing(reason));
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int found =
        Plumbline.run(
            bench.shell(new PrintStream(stdout, true, StandardCharsets.UTF_8), err),
            stdout,
            "signatures",
            "list");
    assertThat(found).isEqualTo(exit);
    assertThat(err.toString(StandardCharsets.UTF_8).lines()).hasSize(complaints);
    if (complaints > 0) {
      assertThat(err.toString(StandardCharsets.UTF_8))
          .isEqualTo("plumbline: standard output: " + reason + "\n");
    }
  }

  private static OutputStream failing(String reason) {
    return new OutputStream() {
      @Override
      public void write(int one) throws IOException {
        throw new IOException(reason);
      }
    };
  }

  private Outcome record(ToyImage image, String target) {
    return bench.run(
        "record",
        image.image().toString(),
        "--registers",
        image.registers().toString(),
        "--vm",
        "toy",
        "--out",
        target);
  }

  private static void unreadable(Outcome outcome, Path named, String complaint) {
    assertThat(outcome.exit()).as(outcome.err()).isEqualTo(4);
    assertThat(outcome.complaints()).hasSize(1);
    assertThat(outcome.err()).startsWith("plumbline: " + named + ": ").contains(complaint);
  }
}
