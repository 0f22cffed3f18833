package io.plumbline.signaturestore.extract.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.golden.image.ModuleRelocations;
import io.plumbline.introspection.golden.image.ModuleRelocations.Kind;
import io.plumbline.introspection.golden.image.PatchSites.JumpLabel;
import io.plumbline.introspection.golden.image.PatchSites.StaticCall;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** A module is laid out as the kernel's loader does; its tables are read after linking. */
class ModuleExtractionTest {
  private static ModuleImage read(byte[] file) throws ExtractionException {
    return ModuleExtraction.read(ByteRange.of("tiny.ko", file));
  }

  /** Text at 0 (two sections and the exit code), then a page for each kind of data. */
  @Test
  void sectionsGoWhereTheLoaderPutsThem() throws Exception {
    ModuleImage image = read(new TinyModule("6.1.0-tiny SMP").build());
    assertThat(image.name()).isEqualTo("tiny");
    assertThat(image.vermagic()).isEqualTo("6.1.0-tiny SMP");
    assertThat(image.parts())
        .extracting(ModulePart::memory, ModulePart::offset, ModulePart::length)
        .containsExactly(
            tuple(ModuleMemory.TEXT, 0, 0x44),
            tuple(ModuleMemory.READ_ONLY, 0x1000, 0x5d),
            tuple(ModuleMemory.READ_ONLY_AFTER_INIT, 0x2000, 0x20),
            tuple(ModuleMemory.DATA, 0x3000, 0x58),
            tuple(ModuleMemory.INIT, 0x4000, 0x10),
            tuple(ModuleMemory.PER_CPU, 0x5000, 0x8));
    assertThat(image.exports()).isEqualTo(Map.of("tiny_function", 0x10));
    assertThat(image.symbols().names()).containsExactly("tiny_function", "tiny_key");
    assertThat(image.symbols().offsets()).containsExactly(0x10, 0x3008);
  }

  private static Tuple tuple(Object... values) {
    return Tuple.tuple(values);
  }

  @Test
  void tablesPointIntoTheModuleAndToWhatItImports() throws Exception {
    ModuleImage image = read(new TinyModule("6.1.0-tiny SMP").build());
    assertThat(image.imports()).containsExactly("__fentry__", "imported_key");
    int imported = ModuleImage.FIRST_IMPORT + ModuleImage.IMPORT_BYTES;
    assertThat(image.sites().functionTraces()).containsExactly(0x10);
    assertThat(image.sites().returns()).containsExactly(0x20);
    assertThat(image.sites().jumpLabels())
        .containsExactlyInAnyOrder(
            new JumpLabel(0x18, 0x20, 0x3008, true),
            new JumpLabel(0x18, 0x20, imported + 8, false));
    assertThat(image.sites().staticCalls())
        .containsExactly(new StaticCall(0x28, imported + 16, true, false));
    assertThat(ModuleImage.importAt(imported + 16)).isEqualTo(1);
    assertThat(ModuleImage.importOffset(imported + 16)).isEqualTo(16);
    assertThat(ModuleImage.importAt(0)).isEqualTo(-1);
  }

  @Test
  void theRelocationsOfVerifiablePartsAreKept() throws Exception {
    ModuleImage image = read(new TinyModule("6.1.0-tiny SMP").build());
    ModuleRelocations relocations = image.relocations();
    assertThat(relocations.places()).isSorted();
    assertThat(relocations.places()[0]).as("the call of __fentry__").isEqualTo(0x11);
    assertThat(relocations.kinds()[0]).isEqualTo((byte) Kind.RELATIVE_32.type());
    assertThat(relocations.targets()[0]).isEqualTo(ModuleImage.FIRST_IMPORT);
    assertThat(relocations.addends()[0]).isEqualTo(-4);
    assertThat(Kind.RELATIVE_32.value(100, 40)).isEqualTo(60);
    assertThat(Kind.ABSOLUTE_64.value(100, 40)).isEqualTo(100);
  }

  @Test
  void codeThatIsFreedIsKeptWithoutTheDataBehindIt() throws Exception {
    ModuleImage image = read(new TinyModule("6.1.0-tiny SMP").build());
    assertThat(image.part(ModuleMemory.INIT).orElseThrow().bytes()).hasSize(0x10);
    assertThat(image.part(ModuleMemory.DATA).orElseThrow().bytes()).isEmpty();
  }

  @Test
  void staticCallSitesMoveToReadOnlyAfterInitIn6_15() throws Exception {
    ModuleImage image = read(new TinyModule("6.15.1-tiny SMP").build());
    assertThat(image.part(ModuleMemory.READ_ONLY_AFTER_INIT).orElseThrow().length())
        .isEqualTo(0x28);
  }

  @Test
  void aModuleMayBeCompressed() throws Exception {
    byte[] module = new TinyModule("6.1.0-tiny SMP").build();
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
      out.write(module);
    }
    assertThat(read(gzip.toByteArray()).name()).isEqualTo("tiny");
    assertThat(read(xz(module)).name()).isEqualTo("tiny");
    assertThat(read(Zstd.compress(module)).name()).isEqualTo("tiny");
    byte[] cut = Arrays.copyOf(xz(module), xz(module).length / 2);
    assertThatThrownBy(() -> read(cut)).hasMessageContaining("tiny.ko");
  }

  private static byte[] xz(byte[] module) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (XZOutputStream out = new XZOutputStream(bytes, new LZMA2Options(1))) {
      out.write(module);
    }
    return bytes.toByteArray();
  }

  @Test
  void damageIsRefusedInOneLineOrDoesNoHarm() {
    long seed = 11;
    Random random = new Random(seed);
    byte[] module = new TinyModule("6.1.0-tiny SMP").build();
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = module.clone();
      int at = random.nextInt(damaged.length);
      damaged[at] = (byte) random.nextInt(256);
      try {
        read(damaged);
      } catch (ExtractionException e) {
        assertThat(e.getMessage()).as("seed %d, byte 0x%x", seed, at).doesNotContain("\n");
      }
    }
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] module = new TinyModule("6.1.0-tiny SMP").build();
    for (int length = 0; length < module.length; length += 7) {
      byte[] cut = Arrays.copyOf(module, length);
      assertThatThrownBy(() -> read(cut))
          .as("the first %d bytes", length)
          .isInstanceOf(ExtractionException.class);
    }
  }
}
