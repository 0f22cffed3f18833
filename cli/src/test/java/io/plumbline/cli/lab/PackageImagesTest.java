package io.plumbline.cli.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.ImageBook;
import io.plumbline.introspection.golden.image.ImageSignature;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.testing.ImageMutations;
import io.plumbline.introspection.testing.ImageMutations.Mutation;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.Verdict;
import io.plumbline.introspection.verify.image.ImageVerification;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.introspection.verify.image.OtherCode;
import io.plumbline.introspection.verify.image.Workspace;
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
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
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

  /** Changes made at once: fewer than the deviations that a verification keeps. */
  private static final int BATCH = 50;

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

  private static ImageBook bookOf(KernelImage image) {
    SignatureId id = new SignatureId("sha256:" + "0".repeat(64));
    return () -> List.of(new ImageSignature(id, image));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void everyByteOfEveryCleanGuestIsExplained(Path release) throws Exception {
    ImageBook book = bookOf(imageOf(release));
    KernelJudge judge = new KernelJudge(JudgeSettings.STANDARD, System::nanoTime);
    List<Path> clean = new ArrayList<>(guests(release, "enrol"));
    clean.addAll(guests(release, "verify"));
    for (Path file : clean) {
      try (GuestImage guest = GuestImages.open(file, Optional.empty())) {
        Verdict verdict =
            judge.judge(new Guest("lab", guest.memory(), guest.vcpus()), List::of, book);
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
    ImageBook book = bookOf(imageOf(release));
    KernelJudge judge = new KernelJudge(JudgeSettings.STANDARD, System::nanoTime);
    for (JsonNode round : new ObjectMapper().readTree(key.toFile()).get("rounds")) {
      Path file = release.resolve("recording").resolve(round.get("image").asText());
      Set<String> expected = new HashSet<>();
      round
          .get("findings")
          .forEach(f -> expected.add(f.get("type").asText() + " " + f.get("address").asText()));
      try (GuestImage guest = GuestImages.open(file, Optional.empty())) {
        Verdict verdict =
            judge.judge(new Guest("lab", guest.memory(), guest.vcpus()), List::of, book);
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
      GuestKernel kernel =
          GuestKernel.of(memory, image.vcpus(), ExplorationBudget.STANDARD).kernel().orElseThrow();
      Workspace workspace = new Workspace();
      ImageVerification clean = verify(verifier, kernel, memory, workspace);
      byte[] bytes = workspace.guest().clone();
      long[] frames = workspace.frames().clone();
      ImageMutations mutations = new ImageMutations(verifier, bytes, clean.slide());
      System.out.printf("%s, seed %d%n", files.get(0), SEED);
      for (Map.Entry<String, List<Mutation>> kind :
          mutations.draw(new Random(SEED), MUTATIONS).entrySet()) {
        List<Mutation> distinct = distinct(kind.getValue());
        int found = 0;
        for (int from = 0; from < distinct.size(); from += BATCH) {
          List<Mutation> some = distinct.subList(from, Math.min(distinct.size(), from + BATCH));
          PageSource changed = mutations.apply(some, frames, memory);
          ImageVerification seen = verify(verifier, kernel, changed, workspace);
          found += (int) some.stream().filter(change -> isFound(verifier, change, seen)).count();
        }
        System.out.printf("%-50s %6d %6d%n", kind.getKey(), distinct.size(), found);
        assertThat(found)
            .as("%s of %s, seed %d", kind.getKey(), files.get(0), SEED)
            .isEqualTo(distinct.size());
      }
    }
  }

  private static List<Mutation> distinct(List<Mutation> drawn) {
    Set<Integer> places = new HashSet<>();
    return drawn.stream().filter(mutation -> places.add(mutation.place())).toList();
  }

  private static boolean isFound(
      ImageVerifier verifier, Mutation mutation, ImageVerification seen) {
    int from = verifier.layout().offsetOf(mutation.place());
    int to = from + mutation.bytes().length;
    // Changing all the sites of a feature at once contradicts the guest's own vector instead.
    return !seen.faults().isEmpty()
        || seen.deviations().stream()
            .anyMatch(d -> d.offset() < to && from < d.offset() + d.length());
  }

  private static ImageVerification verify(
      ImageVerifier verifier, GuestKernel kernel, PageSource memory, Workspace workspace) {
    AddressSpace space = AddressSpace.of(kernel.vcpu(), memory);
    long slide = verifier.slide(kernel.roots(), space).orElseThrow();
    return verifier.verify(slide, space, memory, kernel.executable(), OtherCode.NONE, workspace);
  }
}
