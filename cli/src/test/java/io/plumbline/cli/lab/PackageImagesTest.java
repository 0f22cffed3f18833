package io.plumbline.cli.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.testing.MutationTable;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.Verdict;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.kernel.KernelExtraction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Real guests of the lab against the kernels of their packages. Runs with {@code
 * -Dplumbline.lab=FOLDER}, the folder that {@code samples/record.sh} fills; {@code
 * -Dplumbline.mutations=N} sets how many changes of each class of byte are tried.
 */
@EnabledIfSystemProperty(named = "plumbline.lab", matches = ".+")
class PackageImagesTest {
  private static final long SEED = 4711;
  private static final int MUTATIONS = Integer.getInteger("plumbline.mutations", 100);

  static Stream<Path> kernels() throws IOException {
    Path lab = Path.of(System.getProperty("plumbline.lab"));
    try (Stream<Path> releases = Files.list(lab.resolve("images"))) {
      return releases
          .filter(
              release ->
                  Files.exists(
                      lab.resolve("kernels").resolve(release.getFileName()).resolve("vmlinuz")))
          .sorted()
          .toList()
          .stream();
    }
  }

  private static KernelImage imageOf(Path release) throws Exception {
    Path lab = Path.of(System.getProperty("plumbline.lab"));
    Path kernel = lab.resolve("kernels").resolve(release.getFileName()).resolve("vmlinuz");
    return KernelExtraction.read(
        ByteRange.of(kernel.toString(), Files.readAllBytes(kernel)), Optional.empty());
  }

  private static List<Path> guests(Path release, String role) throws IOException {
    if (!Files.isDirectory(release.resolve(role))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(release.resolve(role))) {
      return files.filter(file -> file.toString().endsWith(".mig")).sorted().toList();
    }
  }

  private static SignatureBook bookOf(KernelImage image) {
    SignatureId id = new SignatureId("sha256:" + "0".repeat(64));
    return () -> List.of(new PackageSignature(id, image, new long[0]));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void everyByteOfEveryCleanGuestIsExplained(Path release) throws Exception {
    SignatureBook book = bookOf(imageOf(release));
    KernelJudge judge = new KernelJudge(JudgeSettings.STANDARD, System::nanoTime);
    List<Path> clean = new ArrayList<>(guests(release, "enrol"));
    clean.addAll(guests(release, "verify"));
    for (Path file : clean) {
      try (GuestImage guest = GuestImages.open(file, Optional.empty())) {
        Verdict verdict = judge.judge(new Guest("lab", guest.memory(), guest.vcpus()), book);
        assertThat(verdict.identity().state()).as("%s", file).isEqualTo(Identity.State.EXACT);
        assertThat(verdict.findings())
            .as("%s", file)
            .noneMatch(finding -> finding.type().violation());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void tamperedGuestsShowWhatWasTamperedAndNothingElse(Path release) throws Exception {
    Path key = release.resolve("recording/expected.json");
    if (!Files.exists(key)) {
      return;
    }
    SignatureBook book = bookOf(imageOf(release));
    KernelJudge judge = new KernelJudge(JudgeSettings.STANDARD, System::nanoTime);
    for (JsonNode round : new ObjectMapper().readTree(key.toFile()).get("rounds")) {
      Path file = release.resolve("recording").resolve(round.get("image").asText());
      Set<String> expected = new HashSet<>();
      round
          .get("findings")
          .forEach(f -> expected.add(f.get("type").asText() + " " + f.get("address").asText()));
      try (GuestImage guest = GuestImages.open(file, Optional.empty())) {
        Verdict verdict = judge.judge(new Guest("lab", guest.memory(), guest.vcpus()), book);
        assertThat(verdict.findings().stream().filter(f -> f.type().violation()))
            .extracting(PackageImagesTest::line)
            .as("%s", file)
            .containsExactlyInAnyOrderElementsOf(expected);
      }
    }
  }

  private static String line(Finding finding) {
    return finding.type().wireName() + " " + finding.address();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void noIllegalChangeSurvives(Path release) throws Exception {
    List<Path> files = guests(release, "enrol");
    if (files.isEmpty()) {
      return;
    }
    ImageVerifier verifier = new ImageVerifier(imageOf(release));
    try (GuestImage image = GuestImages.open(files.get(0), Optional.empty())) {
      Map<FrameNumber, Optional<PageBytes>> read = new HashMap<>();
      PageSource memory = frame -> read.computeIfAbsent(frame, image.memory()::read);
      System.out.printf("%s, seed %d%n", files.get(0), SEED);
      SoftAssertions all = new SoftAssertions();
      for (MutationTable.Row row :
          new MutationTable(verifier, memory, image.vcpus()).tried(SEED, MUTATIONS)) {
        System.out.printf("%-50s %6d %6d%n", row.kind(), row.tried(), row.found());
        all.assertThat(row.missed()).as("%s of %s", row.kind(), files.get(0)).isEmpty();
      }
      all.assertAll();
    }
  }
}
