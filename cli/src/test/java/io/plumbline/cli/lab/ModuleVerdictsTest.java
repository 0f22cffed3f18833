package io.plumbline.cli.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.ingest.capture.CaptureRounds;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.KernelFrames;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.ingest.recording.ReplayedGuest;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import io.plumbline.signaturestore.extract.build.PackageLearning;
import io.plumbline.signaturestore.keep.EncodedSignature;
import io.plumbline.signaturestore.keep.SignatureCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Verdicts of real guests with modules, by a signature that went through a file. Runs with {@code
 * -Dplumbline.lab=FOLDER}, the folder that {@code samples/record.sh} fills.
 */
@EnabledIfSystemProperty(named = "plumbline.lab", matches = ".+")
class ModuleVerdictsTest {
  private static final Path LAB = Path.of(System.getProperty("plumbline.lab", ""));

  static Stream<Path> releases() throws IOException {
    try (Stream<Path> releases = Files.list(LAB.resolve("images"))) {
      return releases
          .filter(each -> Files.isDirectory(each.resolve("recording")))
          .filter(each -> Files.isDirectory(kernelOf(each).resolve("lib/modules")))
          .sorted()
          .toList()
          .stream();
    }
  }

  private static Path kernelOf(Path release) {
    return LAB.resolve("kernels").resolve(release.getFileName());
  }

  private static List<Path> guests(Path folder, String pattern) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(each -> each.getFileName().toString().matches(pattern)).sorted().toList();
    }
  }

  private static SignatureBook bookOf(Path release) throws Exception {
    Path kernel = kernelOf(release);
    try (PackageLearning learning =
        new PackageLearning(SignatureCodec.DRAFT, ExplorationBudget.STANDARD, 2)) {
      PackageSignature learnt =
          learning.learn(kernel.resolve("vmlinuz"), List.of(kernel), (done, total, what) -> {});
      EncodedSignature file = SignatureCodec.encode(learnt);
      PackageSignature read =
          (PackageSignature) SignatureCodec.decode("lab", file.id(), file.file());
      return () -> List.of(read);
    }
  }

  private static Verdict judge(KernelJudge judge, Path file, SignatureBook book) throws Exception {
    try (GuestImage guest = GuestImages.open(file, Optional.empty())) {
      return judge.judge(new Guest("lab", guest.memory(), guest.vcpus()), book);
    }
  }

  @ParameterizedTest
  @MethodSource("releases")
  void guestsWithModulesAreTrustedOrTellWhichInitialisationIsNot(Path release) throws Exception {
    SignatureBook book = bookOf(release);
    KernelJudge judge = new KernelJudge(JudgeSettings.STANDARD, System::nanoTime);
    int trusted = 0;
    List<Path> files = guests(release.resolve("enrol"), ".*-acts-(modules|afterwards)\\.mig");
    for (Path file : files) {
      Verdict verdict = judge(judge, file, book);
      assertThat(verdict.identity().state()).as("%s", file).isEqualTo(Identity.State.EXACT);
      assertThat(verdict.blindSpots()).as("%s", file).isEmpty();
      assertThat(verdict.findings())
          .as("%s", file)
          .allMatch(finding -> finding.type() == FindingType.DYNAMIC_CODE)
          .allMatch(finding -> finding.owner().startsWith("module "))
          .allMatch(finding -> finding.actual().endsWith(", initialisation"));
      trusted += verdict.trust() == TrustState.TRUSTED ? 1 : 0;
    }
    assertThat(trusted).as("%s: trusted of %d", release, files.size()).isPositive();
  }

  /** What a collector sends of a guest is all that the verdict rests on. */
  @ParameterizedTest
  @MethodSource("releases")
  void aCapturedGuestHasTheVerdictOfTheWholeOne(Path release) throws Exception {
    SignatureBook book = bookOf(release);
    KernelJudge judge = new KernelJudge(JudgeSettings.STANDARD, System::nanoTime);
    for (Path file : guests(release.resolve("enrol"), "qemu64.*-acts-modules\\.mig")) {
      try (GuestImage guest = GuestImages.open(file, Optional.empty())) {
        ReplayedGuest captured = new ReplayedGuest();
        new CaptureRounds(
                new CapturedVm("lab", "test", 1), new KernelFrames(ExplorationBudget.STANDARD), 0)
            .capture(guest.memory(), guest.vcpus(), Instant.EPOCH, captured::apply);
        Verdict whole = judge.judge(new Guest("lab", guest.memory(), guest.vcpus()), book);
        Verdict sent = judge.judge(new Guest("lab", captured, captured.vcpus()), book);
        System.out.printf("%s: %d frames, %s%n", file, captured.frames(), sent.trust());
        assertThat(sent.blindSpots()).as("%s", file).isEqualTo(whole.blindSpots());
        assertThat(sent.findings()).as("%s", file).isEqualTo(whole.findings());
        assertThat(sent.trust()).as("%s", file).isEqualTo(whole.trust());
      }
    }
  }

  /** Whoever tampers writes the hook into the blank end of the module's page: rounds 10 to 14. */
  @ParameterizedTest
  @MethodSource("releases")
  void tamperedGuestsShowTheHookInTheModuleToo(Path release) throws Exception {
    SignatureBook book = bookOf(release);
    KernelJudge judge = new KernelJudge(JudgeSettings.STANDARD, System::nanoTime);
    JsonNode key = new ObjectMapper().readTree(release.resolve("recording/expected.json").toFile());
    for (JsonNode round : key.get("rounds")) {
      Set<String> expected = new HashSet<>();
      for (JsonNode finding : round.get("findings")) {
        expected.add(finding.get("type").asText() + " " + finding.get("address").asText());
        if (finding.has("hook")) {
          expected.add(
              FindingType.UNEXPECTED_CODE_MODIFICATION.wireName()
                  + " "
                  + finding.get("hook").asText());
        }
      }
      Path file = release.resolve("recording").resolve(round.get("image").asText());
      assertThat(judge(judge, file, book).findings().stream().filter(f -> f.type().violation()))
          .as("%s", file)
          .extracting(ModuleVerdictsTest::line)
          .containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  private static String line(Finding finding) {
    return finding.type().wireName() + " " + finding.address();
  }
}
