package io.plumbline.signaturestore.extract.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a build puts into a kernel is what is read from it, in every layout; the rest is refused.
 */
class KernelExtractionTest {
  private static KernelImage read(byte[] file) throws ExtractionException {
    return KernelExtraction.read(ByteRange.of("kernel", file), Optional.empty());
  }

  private static TinyKernel kernel() {
    return new TinyKernel(SymbolLayout.ADDRESSES_LAST, 14);
  }

  static Stream<Arguments> layouts() {
    return Arrays.stream(SymbolLayout.values())
        .flatMap(
            symbols ->
                Stream.of(12, 13, 14).map(alternatives -> Arguments.of(symbols, alternatives)));
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void everyTableIsReadAsItWasWritten(SymbolLayout symbols, int alternatives) throws Exception {
    TinyKernel kernel = new TinyKernel(symbols, alternatives);
    KernelImage image = read(kernel.elf());
    assertThat(image.sites()).usingRecursiveComparison().isEqualTo(kernel.sites());
    assertThat(image.relocations()).usingRecursiveComparison().isEqualTo(kernel.relocations());
    assertThat(image.banner()).isEqualTo(TinyKernel.BANNER);
    assertThat(image.name()).isEqualTo(new BuildName("Linux", "6.1.0-tiny-amd64", "6.1.1-1"));
    assertThat(image.buildId()).isEqualTo("abcd12");
    assertThat(image.base()).isEqualTo(TinyKernel.BASE);
  }

  @ParameterizedTest
  @EnumSource(SymbolLayout.class)
  void everySymbolHasItsNameItsTypeAndItsPlace(SymbolLayout layout) throws Exception {
    TinyKernel kernel = new TinyKernel(layout, 14);
    KernelImage image = read(kernel.elf());
    assertThat(image.symbols().size()).isEqualTo(kernel.symbols().size());
    assertThat(image.symbols().offsets()).isSorted();
    assertThat(image.symbols().names()).contains(TinyKernel.LONG_NAME);
    for (TinySymbols.Named each : kernel.symbols()) {
      int at = image.symbols().names().indexOf(each.name());
      assertThat(image.symbols().offsets()[at])
          .as(each.name())
          .isEqualTo(each.address() - TinyKernel.BASE);
      assertThat(image.symbols().types()[at]).as(each.name()).isEqualTo((byte) each.type());
    }
  }

  @Test
  void aSectionGoesOnToTheNextOneOrTheEndOfItsPage() throws Exception {
    List<ImageSection> sections = read(kernel().elf()).sections();
    assertThat(sections)
        .extracting(ImageSection::name)
        .containsExactly(
            ".text", ".rodata", ".notes", ".data", ".init.data", ".altinstr_replacement");
    assertThat(sections.get(0).end()).isEqualTo(sections.get(1).offset());
    assertThat(sections.get(2).end() % 4096).isZero();
    assertThat(sections)
        .filteredOn(ImageSection::writable)
        .extracting(ImageSection::name)
        .containsExactly(".data", ".init.data");
    assertThat(sections)
        .filteredOn(ImageSection::executable)
        .extracting(ImageSection::name)
        .containsExactly(".text", ".altinstr_replacement");
  }

  @Test
  void aKernelWithoutRelocationsIsReadWithNone() throws Exception {
    KernelImage image = read(kernel().withAppended(new byte[0]).elf());
    assertThat(image.relocations().absolute32()).isEmpty();
    assertThat(image.relocations().absolute64()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "'', 0100",
    "behind no zero, 10000081",
    "one list, 0000000010000081",
    "four lists, 00000000000000000000000000000000",
    "below the base, 0000000010000080000000001000008100000000",
    "beyond the image, 000000001000008100000000100000a1",
    "descending, 00000000200000811000008100000000"
  })
  void relocationsOfAnotherFormAreRefused(String what, String hex) {
    byte[] elf = kernel().withAppended(HexFormat.of().parseHex(hex)).elf();
    assertThatThrownBy(() -> read(elf))
        .as(what)
        .isInstanceOf(ExtractionException.class)
        .hasMessageContaining("relocations")
        .hasMessageContaining("expected");
  }

  /** One wrong byte where a table points, and the message names the table. */
  @ParameterizedTest
  @CsvSource({
    ".smp_locks, 0x120",
    ".parainstructions, 0x130",
    ".retpoline_sites, 0x150",
    ".return_sites, 0x170",
    ".call_sites, 0x180",
    ".ibt_endbr_seal, 0x190",
    "runtime_ptr_table, 0x1a0",
    "runtime_shift_bits, 0x1a8",
    "runtime_mask_low, 0x1ac",
    "__jump_table, 0x1b2",
    "static_call_sites, 0x1c0",
    "mcount_loc, 0x1d5"
  })
  void aSiteThatDoesNotHoldWhatItsMechanismPatchesIsRefused(String table, String place) {
    byte[] elf = kernel().put(Integer.decode(place), 0xcc).elf();
    assertThatThrownBy(() -> read(elf))
        .isInstanceOf(ExtractionException.class)
        .hasMessageContaining(table)
        .hasMessageContaining("entry ");
  }

  @ParameterizedTest
  @CsvSource({
    ".altinstructions, 0xb000",
    ".smp_locks, 0xb400",
    ".parainstructions, 0xb500",
    ".retpoline_sites, 0xb600",
    ".return_sites, 0xb700",
    ".call_sites, 0xb800",
    ".ibt_endbr_seal, 0xb900",
    "runtime_ptr_table, 0xba00"
  })
  void aTableOfAnotherLayoutIsRefusedByName(String table, String place) {
    Random random = new Random(7);
    byte[] bytes = new byte[5];
    random.nextBytes(bytes);
    byte[] elf = kernel().withSection(Integer.decode(place), table, bytes).elf();
    assertThatThrownBy(() -> read(elf))
        .as("seed 7")
        .isInstanceOf(ExtractionException.class)
        .hasMessageContaining(table);
  }

  @ParameterizedTest
  @CsvSource({
    "apply_alternatives, .altinstructions",
    "apply_returns, .return_sites",
    "callthunks_patch_builtin_calls, .call_sites",
    "alternatives_smp_module_add, .smp_locks"
  })
  void aKernelThatCanPatchButHasNoTableForItIsRefused(String function, String table) {
    byte[] elf =
        kernel()
            .without(table)
            .withSymbol(function, 0x1f20)
            .withSymbol("x86_return_thunk", 0x1f30)
            .elf();
    assertThatThrownBy(() -> read(elf))
        .isInstanceOf(ExtractionException.class)
        .hasMessageContaining("a table " + table + " for " + function);
  }

  @Test
  void aKernelWithATableThatNobodyKnowsIsRefused() {
    byte[] elf = kernel().withSection(0xbb00, ".cfi_sites", new byte[4]).elf();
    assertThatThrownBy(() -> read(elf)).hasMessageContaining("a section .cfi_sites");
  }

  @Test
  void aTableWithOneBoundIsRefused() {
    byte[] elf = kernel().withoutSymbol("__stop___jump_table").elf();
    assertThatThrownBy(() -> read(elf)).hasMessageContaining("__jump_table");
  }

  @Test
  void aKernelWithoutSymbolsIsRefused() {
    byte[] elf = kernel().withoutSymbol("_text").elf();
    assertThatThrownBy(() -> read(elf)).hasMessageContaining("a symbol _text");
  }

  /** Damage anywhere is either harmless or one line; never another exception, never a hang. */
  @ParameterizedTest
  @EnumSource(SymbolLayout.class)
  void damageIsRefusedInOneLineOrDoesNoHarm(SymbolLayout layout) {
    long seed = 20261126;
    Random random = new Random(seed);
    byte[] elf = new TinyKernel(layout, 12).elf();
    for (int i = 0; i < 600; i++) {
      byte[] damaged = elf.clone();
      // Headers and tables take little room: aim half of the damage at them.
      int at = random.nextBoolean() ? random.nextInt(damaged.length) : headerPlace(random, damaged);
      damaged[at] = (byte) random.nextInt(256);
      try {
        read(damaged);
      } catch (ExtractionException e) {
        assertThat(e.getMessage()).as("seed %d, byte 0x%x", seed, at).doesNotContain("\n");
      }
    }
  }

  private static int headerPlace(Random random, byte[] file) {
    return random.nextBoolean() ? random.nextInt(0x80) : file.length - 1 - random.nextInt(0x800);
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] elf = kernel().elf();
    int relocations = 4 * (3 + 5);
    for (int length = 0; length < elf.length; length += length < 0x2000 ? 61 : 211) {
      byte[] cut = Arrays.copyOf(elf, Math.min(length, elf.length - relocations - 1));
      assertThatThrownBy(() -> read(cut))
          .as("the first %d bytes", cut.length)
          .isInstanceOf(ExtractionException.class);
    }
  }
}
