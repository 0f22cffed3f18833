package io.plumbline.cli.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.verify.dynamic.DynamicCode;
import io.plumbline.introspection.verify.image.Deviation;
import io.plumbline.introspection.verify.image.ImageVerification;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.introspection.verify.image.Workspace;
import io.plumbline.introspection.verify.module.GuestModules;
import io.plumbline.introspection.verify.module.ModuleIndex;
import io.plumbline.introspection.verify.module.ModuleVerification;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.kernel.KernelExtraction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Modules in real guests of the lab against the modules of their packages. Runs with {@code
 * -Dplumbline.lab=FOLDER}, the folder that {@code samples/record.sh} fills.
 */
@EnabledIfSystemProperty(named = "plumbline.lab", matches = ".+")
class ModuleGuestsTest {
  private record Seen(Path file, ImageVerification kernel, List<ModuleVerification> modules) {}

  static Stream<Path> releases() throws IOException {
    Path lab = Path.of(System.getProperty("plumbline.lab"));
    try (Stream<Path> releases = Files.list(lab.resolve("images"))) {
      return releases
          .filter(each -> Files.isDirectory(each.resolve("recording")))
          .filter(each -> Files.isDirectory(kernelOf(each).resolve("lib/modules")))
          .sorted()
          .toList()
          .stream();
    }
  }

  private static Path kernelOf(Path release) {
    return Path.of(System.getProperty("plumbline.lab"))
        .resolve("kernels")
        .resolve(release.getFileName());
  }

  private static List<Path> guests(Path release, String role, String pattern) throws IOException {
    Path folder = release.resolve(role);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(each -> each.getFileName().toString().matches(pattern)).sorted().toList();
    }
  }

  private static List<Seen> see(Path release, List<Path> files) throws IOException {
    Path vmlinuz = kernelOf(release).resolve("vmlinuz");
    ImageVerifier verifier =
        new ImageVerifier(
            KernelExtraction.read(
                ByteRange.of(vmlinuz.toString(), Files.readAllBytes(vmlinuz)), Optional.empty()));
    ModuleIndex index =
        new ModuleIndex(new ModuleFolder(kernelOf(release).resolve("lib")), verifier.layout());
    System.out.printf(
        "%s: %d modules, %d anchors%n", release.getFileName(), index.size(), index.anchors());
    Workspace workspace = new Workspace();
    List<Seen> seen = new ArrayList<>();
    for (Path file : files) {
      try (GuestImage guest = GuestImages.open(file, Optional.empty())) {
        seen.add(see(file, guest, verifier, index, workspace));
      }
    }
    return seen;
  }

  private static Seen see(
      Path file, GuestImage guest, ImageVerifier verifier, ModuleIndex index, Workspace workspace) {
    PageSource memory = guest.memory();
    GuestKernel kernel =
        GuestKernel.of(memory, guest.vcpus(), ExplorationBudget.STANDARD).kernel().orElseThrow();
    AddressSpace space = AddressSpace.of(kernel.vcpu(), memory);
    long slide = verifier.slide(kernel.roots(), space).orElseThrow();
    long start = System.nanoTime();
    GuestModules modules = GuestModules.find(index, slide, space, kernel.executable());
    final long found = System.nanoTime();
    ImageVerification seen =
        verifier.verify(slide, space, memory, kernel.executable(), modules, workspace);
    long end = System.nanoTime();
    System.out.printf(
        "%s: modules found in %d ms, all verified in %d ms%n",
        file.getFileName(), (found - start) / 1_000_000, (end - found) / 1_000_000);
    for (ModuleVerification module : modules.verifications()) {
      System.out.printf(
          "  %s at 0x%016x: %d text, %d data, %d patched, %d unexplained %s %s %s%n",
          module.owner(),
          module.address(),
          module.textBytes(),
          module.readOnlyBytes(),
          module.patchedBytes(),
          module.unexplainedBytes(),
          module.blindSpots(),
          module.deviations(),
          module.faults());
    }
    seen.elsewhere().forEach(code -> System.out.println("  " + code));
    return new Seen(file, seen, modules.verifications());
  }

  @ParameterizedTest
  @MethodSource("releases")
  void everyByteOfEveryModuleOfCleanGuestsIsExplained(Path release) throws Exception {
    List<Path> files = new ArrayList<>(guests(release, "enrol", ".*-acts-.*\\.mig"));
    files.addAll(guests(release, "recording", "0.*\\.mig"));
    for (Seen seen : see(release, files)) {
      assertThat(seen.modules())
          .as("%s", seen.file())
          .allMatch(each -> each.deviations().isEmpty());
      assertThat(seen.modules())
          .as("%s", seen.file())
          .allMatch(ModuleVerification::explainsEveryByte);
      assertThat(seen.kernel().elsewhere())
          .as("%s", seen.file())
          .filteredOn(code -> code.kind() == DynamicCode.Kind.MODULE)
          .allMatch(code -> code.verified() || code.description().endsWith(", initialisation"));
    }
  }

  /** Whoever tampers writes the hook into the blank end of the module's page: rounds 10 to 14. */
  @ParameterizedTest
  @MethodSource("releases")
  void theHookInAModulesPageIsFoundWhereItWasWritten(Path release) throws Exception {
    JsonNode key = new ObjectMapper().readTree(release.resolve("recording/expected.json").toFile());
    Map<String, String> hooks = new HashMap<>();
    for (JsonNode round : key.get("rounds")) {
      for (JsonNode finding : round.get("findings")) {
        if (finding.has("hook")) {
          hooks.put(round.get("image").asText(), finding.get("hook").asText());
        }
      }
    }
    assertThat(hooks).isNotEmpty();
    for (Seen seen : see(release, guests(release, "recording", "1.*\\.mig"))) {
      String hook = hooks.get(seen.file().getFileName().toString());
      if (hook != null) {
        assertThat(seen.modules().stream().flatMap(each -> each.deviations().stream()))
            .as("%s", seen.file())
            .hasSize(1)
            .allMatch(each -> each.region() == Deviation.Region.TEXT)
            .extracting(each -> String.format("0x%016x", each.address()))
            .containsExactly(hook);
      }
    }
  }
}
