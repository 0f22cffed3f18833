package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.cli.CommandBench.Outcome;
import io.plumbline.cli.stage.ToyKernel;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the process says to its caller about files, good and bad; each with one line at most. */
class ExitCodesTest {
  private static final long SEED = 20260203;
  private static final int FLIPS = 60;

  @TempDir private Path folder;
  private CommandBench bench;
  private ToyImage clean;

  @BeforeEach
  void prepare() throws Exception {
    bench = new CommandBench(folder);
    new SignatureStore(bench.store()).add(ToyKernel.signature());
    clean = ToyImage.write(ToyKernel.clean(), folder, "clean");
  }

  @Test
  void aTrustedGuestEndsWith0() {
    Outcome verified = verify(clean.image(), clean.registers());
    assertThat(verified.err()).isEmpty();
    assertThat(verified.out()).contains("\"trust\" : \"trusted\"", ToyKernel.BUILD);
    assertThat(verified.exit()).isZero();
  }

  @Test
  void aViolatedGuestEndsWith1() throws IOException {
    ToyImage hooked = ToyImage.write(ToyKernel.hookedGate(14), folder, "hooked");
    assertThat(verify(hooked.image(), hooked.registers()).exit()).isEqualTo(1);
  }

  @Test
  void aGuestOfAnUnknownBuildEndsWith3() {
    Outcome outcome =
        new CommandBench(folder.resolve("elsewhere"))
            .run("verify", path(clean.image()), "--registers", path(clean.registers()));
    assertThat(outcome.exit()).isEqualTo(3);
  }

  @Test
  void aGuestsImageGivenAsAKernelIsAUsageError() {
    Outcome outcome = bench.run("signatures", "add", path(clean.image()));
    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains("expected a kernel", "--enrol NAME");
  }

  @Test
  void aFolderWithoutAKernelEndsWith4() {
    Outcome outcome = bench.run("signatures", "add", path(folder));
    assertThat(outcome.exit()).isEqualTo(4);
    assertThat(outcome.err()).contains("no kernel in there");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 31, 32, 33, 4096, 8191})
  void aTruncatedImageEndsWith4(int bytes) throws IOException {
    byte[] whole = Files.readAllBytes(clean.image());
    Path cut = Files.write(folder.resolve("cut.lime"), Arrays.copyOf(whole, bytes));
    unreadable(verify(cut, clean.registers()), "cut.lime");
  }

  @Test
  void aBitFlippedImageIsRefusedOrJudgedButNeverTrustedUnseenNorACrash() throws IOException {
    byte[] whole = Files.readAllBytes(clean.image());
    Random random = new Random(SEED);
    for (int i = 0; i < FLIPS; i++) {
      byte[] flipped = whole.clone();
      // Every other flip hits the header, whose damage is the file's and not the guest's.
      int at = i % 2 == 0 ? random.nextInt(32) : random.nextInt(whole.length);
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      Path image = Files.write(folder.resolve("flipped.lime"), flipped);
      Outcome outcome = verify(image, clean.registers());
      assertThat(outcome.exit())
          .as("seed %d, flip %d in byte %d: %s", SEED, i, at, outcome.err())
          .isIn(0, 1, 3, 4);
      assertThat(outcome.complaints()).hasSizeLessThanOrEqualTo(1);
    }
  }

  @Test
  void aFlippedMagicIsRefused() throws IOException {
    byte[] flipped = Files.readAllBytes(clean.image());
    flipped[4] ^= 0x40; // the version, so that the format is known and the header is wrong
    Path image = Files.write(folder.resolve("flipped.lime"), flipped);
    unreadable(verify(image, clean.registers()), "flipped.lime");
  }

  @Test
  void aFileThatIsNotThereEndsWith4() {
    unreadable(verify(folder.resolve("nowhere"), clean.registers()), "nowhere");
  }

  @Test
  void aFolderInsteadOfAnImageEndsWith4() {
    unreadable(verify(folder, clean.registers()), folder.getFileName().toString());
  }

  @Test
  void aFileOfNoKnownFormatEndsWith4() throws IOException {
    Path text = Files.writeString(folder.resolve("notes.txt"), "no guest in here");
    unreadable(bench.run("identify", path(text)), "notes.txt");
  }

  @Test
  void eachOfSeveralImagesIsLookedAtThoughOthersCannotBeRead() throws IOException {
    Path text = Files.writeString(folder.resolve("notes.txt"), "no guest in here");
    Outcome outcome = bench.run("verify", path(text), path(clean.image()));
    assertThat(outcome.exit()).isEqualTo(4);
    assertThat(outcome.complaints()).hasSize(2);
    assertThat(outcome.err()).contains("notes.txt", "clean.lime");
    Outcome named = bench.run("verify", "--vm", "one", path(text), path(clean.image()));
    assertThat(named.exit()).isEqualTo(2);
    assertThat(named.err()).contains("--vm", "found 2");
  }

  @Test
  void anImageWithoutRegistersEndsWith4AndSaysWhatIsMissing() {
    Outcome outcome = bench.run("verify", path(clean.image()));
    unreadable(outcome, "clean.lime");
    assertThat(outcome.err()).contains("registers");
  }

  @Test
  void damagedRegistersEndWith4() throws IOException {
    Path half = Files.writeString(folder.resolve("half.json"), "{\"cpus\":[{\"cr0\":");
    unreadable(verify(clean.image(), half), "half.json");
  }

  @Test
  void aDamagedSignatureEndsWith4() throws Exception {
    SignatureStore store = new SignatureStore(bench.store());
    Path file = store.fileOf(store.ids().get(0));
    byte[] content = Files.readAllBytes(file);
    content[content.length / 2] ^= 1;
    Files.write(file, content);
    unreadable(verify(clean.image(), clean.registers()), file.getFileName().toString());
  }

  @Test
  void aRecordingThatWasShortenedOrAlteredEndsWith4() throws IOException {
    Path samples = Files.createDirectories(folder.resolve("samples"));
    Path recording = Files.createDirectories(samples.resolve("recordings")).resolve("toy.avro");
    Outcome recorded =
        bench.run(
            "record",
            path(clean.image()),
            "--registers",
            path(clean.registers()),
            "--vm",
            "toy",
            "--out",
            path(recording));
    assertThat(recorded.exit()).as(recorded.err()).isZero();
    byte[] whole = Files.readAllBytes(recording);
    for (int length : new int[] {0, 10, whole.length / 2, whole.length - 1}) {
      Files.write(recording, Arrays.copyOf(whole, length));
      unreadable(bench.run("demo", "--samples", path(samples)), "toy.avro");
    }
    Random random = new Random(SEED);
    for (int i = 0; i < FLIPS; i++) {
      byte[] flipped = whole.clone();
      int at = random.nextInt(whole.length);
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(recording, flipped);
      Outcome outcome = bench.run("demo", "--samples", path(samples));
      assertThat(outcome.exit()).as("seed %d, byte %d", SEED, at).isEqualTo(4);
      assertThat(outcome.complaints()).as("seed %d, byte %d", SEED, at).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "verify --no-such-option IMAGE",
    "verify",
    "drill",
    "no-such-command",
    "identify IMAGE --vector many",
    "identify IMAGE --vector 256",
    "verify IMAGE --vector -1",
    "signatures",
    "demo --pace -1",
    "bench verify --seconds 0",
    "bench verify IMAGE",
    "record IMAGE --vm toy"
  })
  void aWrongCommandLineEndsWith2(String line) {
    Outcome outcome = bench.run(line.split(" "));
    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.complaints()).hasSizeBetween(1, 2);
    assertThat(outcome.err()).startsWith("plumbline: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "demo", "verify", "drill", "signatures add"})
  void helpListsTheExitCodes(String command) {
    Outcome outcome = bench.run((command + " --help").strip().split(" "));
    assertThat(outcome.exit()).isZero();
    assertThat(outcome.out())
        .containsPattern("130 +interrupted")
        .containsPattern("5 +Kafka or the schema registry is unreachable");
  }

  private Outcome verify(Path image, Path registers) {
    return bench.run("verify", path(image), "--registers", path(registers), "-o", "json");
  }

  private static void unreadable(Outcome outcome, String named) {
    assertThat(outcome.exit()).as(outcome.err()).isEqualTo(4);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.complaints()).hasSize(1);
    assertThat(outcome.err()).startsWith("plumbline: ").contains(named);
  }

  private static String path(Path path) {
    return path.toString();
  }
}
