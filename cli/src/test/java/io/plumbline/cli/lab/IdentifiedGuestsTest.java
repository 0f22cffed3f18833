package io.plumbline.cli.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.introspection.bench.BuildVariants;
import io.plumbline.introspection.bench.IdentificationBenchmark;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Which build real guests run, out of a store of many. Runs with {@code -Dplumbline.guests=FOLDER},
 * images named by what {@code uname -r} prints and {@code .mig}, and {@code
 * -Dplumbline.store=FOLDER}, the signatures of their packages. Times are processor time of one
 * thread, so that whatever else the machine does is not in them, and go to standard output.
 */
@EnabledIfSystemProperty(named = "plumbline.guests", matches = ".+")
@EnabledIfSystemProperty(named = "plumbline.store", matches = ".+")
class IdentifiedGuestsTest {
  private static final int BUILDS = 100;
  private static final long BENCH_NANOS = 5_000_000_000L;
  private static final int VECTORS = 256;

  static Stream<Path> guests() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("plumbline.guests")))) {
      return files.filter(each -> each.toString().endsWith(".mig")).sorted().toList().stream();
    }
  }

  private static List<KernelSignature> store() throws IOException {
    Path store = Path.of(System.getProperty("plumbline.store"));
    return new ArrayList<>(new SignatureStore(store).book().signatures());
  }

  private static String release(Path file) {
    return String.valueOf(file.getFileName()).replace(".mig", "");
  }

  private static String series(String release) {
    return String.join(".", List.of(release.split("[.-]")).subList(0, 2));
  }

  private static Identity identity(
      Guest guest, List<KernelSignature> signatures, OptionalInt vector) {
    JudgeSettings settings = new JudgeSettings(ExplorationBudget.STANDARD, vector, false);
    return new KernelJudge(settings, System::nanoTime).identify(guest, () -> signatures).identity();
  }

  @ParameterizedTest
  @MethodSource("guests")
  void everyPresentVectorNamesTheBuild(Path file) throws Exception {
    List<KernelSignature> signatures = store();
    try (GuestImage image = GuestImages.open(file, Optional.empty())) {
      Guest guest = new Guest("lab", image.memory(), image.vcpus());
      GuestKernel kernel =
          GuestKernel.of(image.memory(), image.vcpus(), ExplorationBudget.STANDARD)
              .kernel()
              .orElseThrow();
      int present = 0;
      for (int vector = 0; vector < VECTORS; vector++) {
        if (kernel.handler(vector).isPresent()) {
          Identity identity = identity(guest, signatures, OptionalInt.of(vector));
          assertThat(identity.state()).as("%s %d", file, vector).isEqualTo(Identity.State.EXACT);
          assertThat(identity.build().orElseThrow().build()).isEqualTo(release(file));
          assertThat(identity.vector()).isEqualTo(vector);
          present++;
        }
      }
      System.out.printf("%s: %d vectors%n", release(file), present);
    }
  }

  @ParameterizedTest
  @MethodSource("guests")
  void withoutItsOwnBuildAGuestIsNearestToOneOfItsSeries(Path file) throws Exception {
    List<KernelSignature> others =
        store().stream().filter(each -> !each.name().build().equals(release(file))).toList();
    assumeTrue(
        others.stream()
            .anyMatch(each -> series(each.name().build()).equals(series(release(file)))));
    try (GuestImage image = GuestImages.open(file, Optional.empty())) {
      Guest guest = new Guest("lab", image.memory(), image.vcpus());
      Identity identity = identity(guest, others, OptionalInt.empty());
      System.out.printf(
          "| %s | %s | %d | %s |%n",
          release(file),
          identity.build().orElseThrow().build(),
          identity.distance(),
          identity
              .runnerUp()
              .map(each -> each.build().build() + ", " + each.distance())
              .orElse(""));
      assertThat(identity.state()).isEqualTo(Identity.State.NEAREST);
      assertThat(series(identity.build().orElseThrow().build())).isEqualTo(series(release(file)));
      assertThat(identity.distance()).isPositive();
      assertThat(identity.runnerUp().orElseThrow().distance())
          .isGreaterThanOrEqualTo(identity.distance());
    }
  }

  @ParameterizedTest
  @MethodSource("guests")
  void aHundredBuildsCostNoMoreThanAFew(Path file) throws Exception {
    List<KernelSignature> signatures = store();
    try (GuestImage image = GuestImages.open(file, Optional.empty())) {
      Guest guest = new Guest("lab", image.memory(), image.vcpus());
      ThreadMXBean threads = ManagementFactory.getThreadMXBean();
      LongSupplier clock = threads::getCurrentThreadCpuTime;
      print(file, IdentificationBenchmark.on(guest, () -> signatures, clock, BENCH_NANOS));
      PackageSignature own =
          (PackageSignature)
              signatures.stream()
                  .filter(each -> each.name().build().equals(release(file)))
                  .findFirst()
                  .orElseThrow();
      List<KernelSignature> many = new ArrayList<>(signatures);
      many.addAll(BuildVariants.of(own, BUILDS - signatures.size()));
      IdentificationBenchmark.Result result =
          IdentificationBenchmark.on(guest, () -> many, clock, BENCH_NANOS);
      print(file, result);
      assertThat(result.identity().signature()).contains(own.id());
      assertThat(result.identity().state()).isEqualTo(Identity.State.EXACT);
    }
  }

  private static void print(Path file, IdentificationBenchmark.Result result) {
    System.out.printf(
        "| %s | %d | %.0f | %.0f | %.0f |%n",
        release(file),
        result.builds(),
        result.coldSeconds() * 1e3,
        result.medianSeconds() * 1e3,
        result.slowestSeconds() * 1e3);
  }
}
