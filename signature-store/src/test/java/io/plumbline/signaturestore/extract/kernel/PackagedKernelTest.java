package io.plumbline.signaturestore.extract.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.kernel.TinyBootImage.Codec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Signatures come from packages as distributions ship them: the kernel is found by itself. */
class PackagedKernelTest {
  private static final String CONTROL =
      "Package: linux-image-6.1.0-tiny\nVersion: 6.1.1-3~bpo12+1\nArchitecture: amd64\n";

  private static byte[] vmlinuz;
  @TempDir Path folder;

  @BeforeAll
  static void buildKernel() throws IOException {
    vmlinuz = TinyBootImage.of(Codec.ZSTD, new TinyKernel(SymbolLayout.FROM_PLACE, 14).elf());
  }

  private Path file(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("linux.deb"), bytes);
  }

  private static byte[] deb(String suffix, String path) throws IOException {
    byte[] other = "x".repeat(700).getBytes(StandardCharsets.US_ASCII);
    return TinyPackage.of(suffix, CONTROL, Map.of("./usr/share/doc/x", other, path, vmlinuz));
  }

  @ParameterizedTest
  @CsvSource({
    "'', ./boot/vmlinuz-6.1.0-tiny",
    ".gz, ./boot/vmlinuz-6.1.0-tiny",
    ".xz, ./boot/vmlinuz-6.1.0-tiny",
    ".zst, ./boot/vmlinuz-6.1.0-tiny",
    ".xz, ./usr/lib/modules/6.1.0-tiny/vmlinuz",
    ".zst, /lib/modules/6.1.0-tiny/vmlinuz",
  })
  void theKernelIsFoundWhereverThePackageHasIt(String suffix, String path) throws IOException {
    Path deb = file(deb(suffix, path));
    assertThat(KernelFile.recognises(deb)).isTrue();
    KernelImage image = KernelFile.read(deb);
    assertThat(image.name())
        .isEqualTo(new BuildName("Linux", "6.1.0-tiny-amd64", "6.1.1-3~bpo12+1"));
  }

  @Test
  void aBootImageAndAnElfFileAreReadWithoutAPackage() throws IOException {
    assertThat(KernelFile.read(file(vmlinuz)).name().version()).isEqualTo("6.1.1-1");
    byte[] elf = new TinyKernel(SymbolLayout.ABOVE_BASE, 14).elf();
    assertThat(KernelFile.read(file(elf)).name().version()).isEqualTo("6.1.1-1");
  }

  @Test
  void aPackageThatOnlyNamesAKernelIsRefused() throws IOException {
    Path deb = file(deb(".xz", "./usr/share/doc/vmlinuz"));
    assertThatThrownBy(() -> KernelFile.read(deb))
        .isInstanceOf(ExtractionException.class)
        .hasMessageContaining("none in package linux-image-6.1.0-tiny");
  }

  @Test
  void anUnknownCompressionIsRefusedByName() throws IOException {
    Path deb = file(deb(".br", "./boot/vmlinuz-6.1.0-tiny"));
    assertThatThrownBy(() -> KernelFile.read(deb)).hasMessageContaining(".br");
  }

  @Test
  void aPackageWithoutAVersionIsRefused() throws IOException {
    Path deb = file(TinyPackage.of(".gz", "Package: x\n", Map.of("./boot/vmlinuz-1", vmlinuz)));
    assertThatThrownBy(() -> KernelFile.read(deb)).hasMessageContaining("a field Version");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".gz", ".xz", ".zst"})
  void everyTruncationIsRefused(String suffix) throws IOException {
    byte[] whole = deb(suffix, "./boot/vmlinuz-6.1.0-tiny");
    // What follows the kernel is not needed: neither the tar's end nor the codec's.
    for (int length = 0; length < whole.length / 2; length += 97) {
      Path cut = file(Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> KernelFile.read(cut))
          .as("the first %d bytes", length)
          .isInstanceOf(ExtractionException.class)
          .hasMessageContaining("linux.deb");
    }
  }
}
