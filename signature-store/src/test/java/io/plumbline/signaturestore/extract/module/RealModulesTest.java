package io.plumbline.signaturestore.extract.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.plumbline.introspection.golden.image.KernelExports;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.kernel.KernelFile;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Laws of real modules, for whoever has some: system property {@code plumbline.modules} or
 * environment variable {@code PLUMBLINE_MODULES} names folders, separated as in a class path, each
 * with a {@code vmlinuz} and below it the modules of that kernel.
 */
class RealModulesTest {
  private static final String PROPERTY = "plumbline.modules";
  private static final String VARIABLE = "PLUMBLINE_MODULES";

  @Test
  void everyModuleIsReadAndImportsWhatIsExported() throws IOException {
    String named = System.getProperty(PROPERTY, System.getenv().getOrDefault(VARIABLE, ""));
    assumeFalse(named.isEmpty(), "neither -D" + PROPERTY + " nor " + VARIABLE + " names folders");
    for (String folder : named.split(File.pathSeparator)) {
      Set<String> exported =
          new HashSet<>(KernelExports.of(KernelFile.read(Path.of(folder, "vmlinuz"))).keySet());
      Set<String> imported = new HashSet<>();
      long text = 0;
      List<Path> modules = modules(Path.of(folder));
      for (Path each : modules) {
        ModuleImage module =
            ModuleExtraction.read(ByteRange.of(each.toString(), Files.readAllBytes(each)));
        exported.addAll(module.exports().keySet());
        imported.addAll(module.imports());
        text += module.part(ModuleMemory.TEXT).map(part -> part.length()).orElse(0);
      }
      assertThat(modules).as("modules in %s", folder).isNotEmpty();
      assertThat(exported).as("what modules of %s import", folder).containsAll(imported);
      System.out.printf("%s: %d modules, %d bytes of text%n", folder, modules.size(), text);
    }
  }

  private static List<Path> modules(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(each -> each.getFileName().toString().matches(".*\\.ko(\\.xz|\\.zst|\\.gz)?"))
          .sorted()
          .toList();
    }
  }
}
