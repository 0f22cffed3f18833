package io.plumbline.cli.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.ingest.capture.CaptureRounds;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.KernelFrames;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.ingest.recording.ReplayedGuest;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.Verdict;
import io.plumbline.signaturestore.extract.build.PackageLearning;
import io.plumbline.signaturestore.keep.SignatureCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Guests that their owners traced, probed and patched. Runs with {@code -Dplumbline.lab=FOLDER},
 * which {@code samples/record.sh} fills, and {@code -Dplumbline.benign=FOLDER}, what {@code
 * samples/benign.sh --keep FOLDER} kept.
 */
@EnabledIfSystemProperty(named = "plumbline.benign", matches = ".+")
class BenignGuestsTest {
  private static final Path LAB = Path.of(System.getProperty("plumbline.lab", ""));
  private static final Path KEPT = Path.of(System.getProperty("plumbline.benign", ""));

  /** Kept images whose verdicts rest on the kernel's data about hooks, by kernel. */
  static Stream<Map.Entry<String, List<Path>>> hooked() throws IOException {
    Map<String, List<Path>> byKernel = new TreeMap<>();
    try (Stream<Path> kernels = Files.list(LAB.resolve("kernels"));
        Stream<Path> files = Files.list(KEPT)) {
      List<String> names = kernels.map(each -> each.getFileName().toString()).toList();
      for (Path file : files.filter(BenignGuestsTest::isHooked).sorted().toList()) {
        String image = file.getFileName().toString();
        names.stream()
            .filter(name -> image.startsWith(name.replaceAll("\\W+", "-") + "-"))
            .findFirst()
            .ifPresent(name -> byKernel.computeIfAbsent(name, n -> new ArrayList<>()).add(file));
      }
    }
    return byKernel.entrySet().stream();
  }

  private static boolean isHooked(Path file) {
    return file.getFileName().toString().matches(".*(probe|livepatch).*\\.mig");
  }

  /** What a collector sends of a guest is all that the verdict rests on. */
  @ParameterizedTest
  @MethodSource("hooked")
  void aCapturedGuestHasTheVerdictOfTheWholeOne(Map.Entry<String, List<Path>> guests)
      throws Exception {
    SignatureBook book = bookOf(guests.getKey());
    KernelJudge judge = new KernelJudge(JudgeSettings.STANDARD, System::nanoTime);
    for (Path file : guests.getValue()) {
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

  private static SignatureBook bookOf(String name) throws Exception {
    Path kernel = LAB.resolve("kernels").resolve(name);
    Path livepatch = KEPT.resolve("livepatch-" + name).resolve("modules");
    List<Path> modules =
        Files.isDirectory(livepatch) ? List.of(kernel, livepatch) : List.of(kernel);
    try (PackageLearning learning =
        new PackageLearning(SignatureCodec.DRAFT, ExplorationBudget.STANDARD, 2)) {
      PackageSignature learnt =
          learning.learn(kernel.resolve("vmlinuz"), modules, (done, total, what) -> {});
      return () -> List.of(learnt);
    }
  }
}
