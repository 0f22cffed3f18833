package io.plumbline.signaturestore.keep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.golden.image.ModuleRelocations;
import io.plumbline.introspection.golden.image.PatchSites;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Modules in files of signatures. */
class PackedModulesTest {
  private static final int SMALL = 4000;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whatIsPackedIsUnpacked(long seed) throws Exception {
    List<ModuleImage> modules = modules(new Random(seed));
    PackageSignature written = signature(modules);

    EncodedSignature encoded = SignatureCodec.encode(written);
    PackageSignature read =
        (PackageSignature) SignatureCodec.decode("test", encoded.id(), encoded.file());

    assertThat(read.modules().outlines())
        .usingRecursiveFieldByFieldElementComparator()
        .as("seed %d", seed)
        .isEqualTo(written.modules().outlines());
    for (int i = 0; i < modules.size(); i++) {
      assertThat(read.modules().image(i))
          .usingRecursiveComparison()
          .as("module %d, seed %d", i, seed)
          .isEqualTo(modules.get(i));
    }
    assertThat(SignatureCodec.encode(read).file()).as("seed %d", seed).isEqualTo(encoded.file());
  }

  @Test
  void signaturesOfOneKernelAreToldApartByTheirModules(@TempDir Path root) throws Exception {
    SignatureStore store = new SignatureStore(root);
    List<ModuleImage> modules = modules(new Random(3));
    EncodedSignature few = store.add(signature(modules.subList(0, 5)));
    EncodedSignature all = store.add(signature(modules));
    String name = store.summary(all.id()).name().build();

    assertThat(store.matching(name))
        .extracting(SignatureSummary::id, SignatureSummary::modules, SignatureSummary::sizeBytes)
        .containsExactlyInAnyOrder(
            tuple(few.id(), 5, (long) few.file().length),
            tuple(all.id(), 20, (long) all.file().length));
    assertThatThrownBy(() -> store.find(name))
        .isInstanceOf(SignatureException.class)
        .hasMessageContaining(few.id() + " of 5 modules, " + few.file().length + " bytes")
        .hasMessageContaining(all.id() + " of 20 modules, " + all.file().length + " bytes");
    assertThat(store.find(all.id().value().substring(0, 15))).isEqualTo(all.id());
  }

  @Test
  void theSameModulesGiveTheSameBytesWhateverTheNumberOfWorkers() throws Exception {
    List<ModuleImage> modules = modules(new Random(1));
    byte[] one = SignatureCodec.encode(signature(modules)).file();
    try (ModulePacker packer = new ModulePacker(4)) {
      modules.forEach(packer::add);
      PackageSignature kernel = PackageSignatureTest.random(new Random(1));
      PackageSignature other =
          new PackageSignature(
              kernel.id(), kernel.image(), kernel.functionDigests(), packer.packed());
      assertThat(SignatureCodec.encode(other).file()).isEqualTo(one);
    }
  }

  /** Every cut is refused with a word on what is missing; none is an accident. */
  @Test
  void aFileThatEndsEarlyIsRefused() {
    byte[] file = SignatureCodec.encode(signature(modules(new Random(2)))).file();
    Random cuts = new Random(3);
    for (int i = 0; i < 200; i++) {
      byte[] cut = Arrays.copyOf(file, cuts.nextInt(file.length));
      assertThatThrownBy(() -> SignatureCodec.decode("test", SignatureCodec.idOf(cut), cut))
          .as("cut at %d", cut.length)
          .isInstanceOf(SignatureException.class);
    }
  }

  /** Whatever a byte is changed to, it is refused or gives modules; it is never an accident. */
  @Test
  void aChangedFileIsRefusedOrRead() throws Exception {
    byte[] file = SignatureCodec.encode(signature(modules(new Random(4)))).file();
    Random random = new Random(5);
    for (int i = 0; i < 300; i++) {
      byte[] changed = file.clone();
      changed[random.nextInt(file.length)] ^= (byte) (1 + random.nextInt(255));
      try {
        ModuleBook book =
            ((PackageSignature)
                    SignatureCodec.decode("test", SignatureCodec.idOf(changed), changed))
                .modules();
        for (int module = 0; module < book.outlines().size(); module++) {
          book.image(module);
        }
      } catch (SignatureException | IllegalStateException refused) {
        assertThat(refused).hasMessageContaining("expected");
      }
    }
  }

  @Test
  void modulesThatTakeSeveralBlocksAreUnpackedOneByOne() {
    Random random = new Random(6);
    List<ModuleImage> modules = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      modules.add(module("large" + i, random, PackedModules.BLOCK));
      modules.add(module("small" + i, random, SMALL));
    }
    ModuleBook book = signature(modules).modules();
    for (int i = modules.size() - 1; i >= 0; i--) {
      // As bytes: what a comparison by fields takes minutes for.
      assertThat(ModuleBodies.write(book.image(i)))
          .isDeepEqualTo(ModuleBodies.write(modules.get(i)));
    }
  }

  /** Sites lie in an order that nothing else tells; the table's own fields tell them all. */
  @Test
  void sitesThatTablesTellAreNotWrittenAgain() throws Exception {
    int[] sites = new Random(7).ints(500, 0, 1 << 20).sorted().distinct().toArray();
    ModuleImage told = withReturns(sites, sites);
    int[] others = Arrays.stream(sites).map(site -> site + 1).toArray();
    ModuleImage listed = withReturns(sites, others);

    assertThat(bytes(told)).isLessThan(bytes(listed) - sites.length);
    for (ModuleImage module : List.of(told, listed)) {
      EncodedSignature encoded = SignatureCodec.encode(signature(List.of(module)));
      PackageSignature read =
          (PackageSignature) SignatureCodec.decode("test", encoded.id(), encoded.file());
      assertThat(read.modules().image(0)).usingRecursiveComparison().isEqualTo(module);
    }
  }

  private static int bytes(ModuleImage module) {
    return Arrays.stream(ModuleBodies.write(module)).mapToInt(column -> column.length).sum();
  }

  private static ModuleImage withReturns(int[] fields, int[] returns) {
    byte[] table = new byte[fields.length * Integer.BYTES];
    byte[] kinds = new byte[fields.length];
    Arrays.fill(kinds, (byte) ModuleRelocations.Kind.RELATIVE_32.type());
    return new ModuleImage(
        "returns",
        "6.1.0 SMP",
        "",
        List.of(
            new ModulePart(ModuleMemory.TEXT, 0, 16, new byte[16]),
            new ModulePart(ModuleMemory.READ_ONLY, 4096, table.length, table)),
        List.of(new ImageSection(".return_sites", 4096, table, false, false)),
        new ModuleRelocations(
            IntStream.range(0, fields.length).map(i -> 4096 + i * Integer.BYTES).toArray(),
            kinds,
            new int[fields.length],
            Arrays.stream(fields).asLongStream().toArray()),
        List.of(),
        Map.of(),
        new ImageSymbols(new long[0], new byte[0], List.of()),
        new PatchSites(
            List.of(),
            new int[0],
            List.of(),
            new int[0],
            returns,
            new int[0],
            new int[0],
            List.of(),
            List.of(),
            List.of(),
            new int[0]));
  }

  private static PackageSignature signature(List<ModuleImage> modules) {
    PackageSignature kernel = PackageSignatureTest.random(new Random(1));
    try (ModulePacker packer = new ModulePacker(1)) {
      modules.forEach(packer::add);
      return new PackageSignature(
          kernel.id(), kernel.image(), kernel.functionDigests(), packer.packed());
    }
  }

  private static List<ModuleImage> modules(Random random) {
    List<ModuleImage> modules = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      modules.add(module("module" + i, random, SMALL));
    }
    return modules;
  }

  private static ModuleImage module(String name, Random random, int longest) {
    byte[] text = new byte[16 + random.nextInt(longest)];
    random.nextBytes(text);
    int dataAt = text.length + 4095 & -4096;
    byte[] data = new byte[64];
    random.nextBytes(data);
    int count = random.nextInt(50);
    ModuleRelocations relocations =
        new ModuleRelocations(
            random.ints(count, 0, text.length).sorted().toArray(),
            new byte[count],
            random
                .ints(count, -3, 3)
                .map(i -> i < 0 ? ModuleImage.FIRST_IMPORT - (i + 1) * 4096 : i * 64)
                .toArray(),
            random.longs(count).toArray());
    return new ModuleImage(
        name,
        "6.1.0 SMP",
        "ab12",
        List.of(
            new ModulePart(ModuleMemory.TEXT, 0, text.length, text),
            new ModulePart(ModuleMemory.READ_ONLY, dataAt, data.length, data),
            new ModulePart(ModuleMemory.DATA, dataAt + 4096, 100, new byte[0])),
        List.of(
            new ImageSection(".text", 0, text, true, false),
            new ImageSection(".rodata", dataAt + 8, Arrays.copyOfRange(data, 8, 40), false, false)),
        relocations,
        List.of("printk", "__fentry__", "kfree"),
        Map.of(name + "_get", 8, name + "_put", 12),
        new ImageSymbols(new long[] {0, 8}, new byte[] {'t', 'T'}, List.of("start", "get")),
        new PatchSites(
            List.of(),
            new int[] {4},
            List.of(),
            new int[0],
            new int[] {9, 11},
            new int[0],
            new int[0],
            List.of(),
            List.of(new PatchSites.JumpLabel(8, 12, ModuleImage.FIRST_IMPORT, true)),
            List.of(),
            new int[] {1, 2, 3}));
  }
}
