package io.plumbline.signaturestore.extract.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.image.ModuleOutline;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.kernel.SymbolLayout;
import io.plumbline.signaturestore.extract.kernel.TinyKernel;
import io.plumbline.signaturestore.extract.kernel.TinyPackage;
import io.plumbline.signaturestore.extract.module.TinyModule;
import io.plumbline.signaturestore.keep.SignatureCodec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kernels with their modules, wherever these lie. */
class PackageLearningTest {
  private static final String RELEASE = "6.1.0-tiny-amd64";
  private static final String VERSION = "6.1.1-3";
  private static final String KERNEL = "./boot/vmlinuz-" + RELEASE;
  private static final String MODULE = "./lib/modules/" + RELEASE + "/kernel/lib/tiny.ko";

  private static byte[] vmlinuz;

  @TempDir private Path folder;

  @BeforeAll
  static void buildKernel() {
    vmlinuz =
        new TinyKernel(SymbolLayout.FROM_PLACE, 14)
            .withSymbol("_etext", 0x2000)
            .withSymbol("__start_rodata", 0x2000)
            .withSymbol("__end_rodata", 0x8000)
            .withSymbol("pv_ops", 0x9100)
            .withSymbol("boot_cpu_data", 0x9200)
            .elf();
  }

  private static byte[] module(String release) {
    return new TinyModule(release + " SMP mod_unload").build();
  }

  private Path deb(String name, String version, Map<String, byte[]> files) throws IOException {
    String control = "Package: " + name + "\nVersion: " + version + "\n";
    byte[] deb = TinyPackage.of(".xz", control, new TreeMap<>(files));
    return Files.write(folder.resolve(name + "_" + version + "_amd64.deb"), deb);
  }

  private Path file(String path, byte[] content) throws IOException {
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  private static PackageSignature learn(Path kernel, Path... modules) throws IOException {
    try (PackageLearning learning =
        new PackageLearning(SignatureCodec.DRAFT, ExplorationBudget.STANDARD, 2)) {
      return learning.learn(kernel, List.of(modules), (done, total, what) -> {});
    }
  }

  private static List<String> modules(PackageSignature signature) {
    return signature.modules().outlines().stream().map(ModuleOutline::name).toList();
  }

  @Test
  void modulesInTheKernelsOwnPackageAreItsModules() throws IOException {
    Path deb = deb("linux-image-x", VERSION, Map.of(KERNEL, vmlinuz, MODULE, module(RELEASE)));
    List<String> told = new ArrayList<>();
    try (PackageLearning learning =
        new PackageLearning(SignatureCodec.DRAFT, ExplorationBudget.STANDARD, 2)) {
      PackageSignature signature =
          learning.learn(
              deb,
              List.of(),
              (done, total, what) -> {
                assertThat(done).isBetween(0L, total);
                told.add(what);
              });
      assertThat(modules(signature)).containsExactly("tiny");
      assertThat(signature.modules().image(0).name()).isEqualTo("tiny");
      assertThat(signature.name().version()).isEqualTo(VERSION);
    }
    assertThat(told).isNotEmpty();
  }

  @Test
  void modulesInThePackageBesideTheKernelsAreTakenIfItIsOfTheSameVersion() throws IOException {
    Path kernel = deb("linux-binary-" + RELEASE, VERSION, Map.of(KERNEL, vmlinuz));
    deb("linux-modules-" + RELEASE, "6.1.1-2", Map.of(MODULE, module(RELEASE)));
    assertThat(modules(learn(kernel))).isEmpty();

    deb("linux-modules-" + RELEASE, VERSION, Map.of(MODULE, module(RELEASE)));
    assertThat(modules(learn(kernel))).containsExactly("tiny");
    assertThat(GivenFiles.of(List.of(folder)).kernels()).containsExactly(kernel);
  }

  @Test
  void modulesBelowFoldersAreTakenByTheirRelease() throws IOException {
    Path kernel = file("boot/vmlinuz", vmlinuz);
    file("lib/modules/" + RELEASE + "/kernel/tiny.ko", module(RELEASE));
    file("lib/modules/other/kernel/tiny.ko", module("other"));

    assertThat(modules(learn(kernel))).isEmpty();
    assertThat(modules(learn(kernel, folder))).containsExactly("tiny");
  }

  @Test
  void modulesOfAnotherKernelAreRefused() throws IOException {
    Path kernel = file("vmlinuz", vmlinuz);
    file("kernel/tiny.ko", module("6.1.0-other-amd64"));

    assertThatThrownBy(() -> learn(kernel, folder))
        .isInstanceOf(ExtractionException.class)
        .hasMessageContaining("module tiny: expected vermagic of " + RELEASE)
        .hasMessageContaining("6.1.0-other-amd64");
  }

  @Test
  void aDamagedModuleIsRefusedByItsName() throws IOException {
    byte[] broken = "no module".getBytes(StandardCharsets.US_ASCII);
    Path deb = deb("linux-image-x", VERSION, Map.of(KERNEL, vmlinuz, MODULE, broken));

    assertThatThrownBy(() -> learn(deb))
        .isInstanceOf(ExtractionException.class)
        .hasMessageContaining("tiny.ko");
  }

  @Test
  void packagesOfOtherThingsInFoldersAreNoKernels() throws IOException {
    deb("busybox-static", "1", Map.of("./bin/busybox", new byte[1]));
    Path text = file("notes.txt", "notes".getBytes(StandardCharsets.US_ASCII));

    GivenFiles files = GivenFiles.of(List.of(folder, text));
    assertThat(files.kernels()).isEmpty();
    assertThat(files.strangers()).containsExactly(text);
  }
}
