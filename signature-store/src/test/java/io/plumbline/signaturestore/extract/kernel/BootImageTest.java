package io.plumbline.signaturestore.extract.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.boot.BootImage;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.kernel.TinyBootImage.Codec;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** A kernel comes out of a bzImage as it went in, whatever compressed it; damage is one line. */
class BootImageTest {
  private static final byte[] KERNEL = new TinyKernel(SymbolLayout.ADDRESSES_LAST, 14).elf();

  private static byte[] kernelOf(byte[] file) throws ExtractionException {
    return BootImage.kernel(ByteRange.of("vmlinuz", file)).copy();
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void aKernelComesOutAsItWentIn(Codec codec) throws Exception {
    byte[] file = TinyBootImage.of(codec, KERNEL);
    assertThat(kernelOf(file)).isEqualTo(KERNEL);
    KernelImage image =
        KernelExtraction.read(ByteRange.of("vmlinuz", file), Optional.of("6.1.1-2"));
    assertThat(image.name().version()).as("the package's counts more").isEqualTo("6.1.1-2");
  }

  /** Beside a bzImage, distributions ship the ELF file in it, compressed. */
  @Test
  void aCompressedElfFileIsReadAsTheElfFile() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (XZOutputStream xz = new XZOutputStream(packed, new LZMA2Options())) {
      xz.write(KERNEL);
    }
    byte[] file = packed.toByteArray();
    KernelImage image = KernelExtraction.read(ByteRange.of("vmlinux.xz", file), Optional.empty());
    KernelImage plain = KernelExtraction.read(ByteRange.of("vmlinux", KERNEL), Optional.empty());
    assertThat(image.banner()).isEqualTo(plain.banner());
    assertThat(image.sections()).usingRecursiveComparison().isEqualTo(plain.sections());
    for (int length = 6; length < file.length; length += 1 + length / 8) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThatThrownBy(
              () -> KernelExtraction.read(ByteRange.of("vmlinux.xz", cut), Optional.empty()))
          .as("the first %d bytes", length)
          .isInstanceOf(ExtractionException.class)
          .hasMessageContaining("vmlinux.xz");
    }
  }

  /** More than one block of LZ4's legacy frame, more than one megabyte of everything. */
  @ParameterizedTest
  @EnumSource(Codec.class)
  void aLargeKernelComesOutToo(Codec codec) throws Exception {
    byte[] kernel = new byte[9 << 20];
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] = (byte) (i >>> 10);
    }
    assertThat(kernelOf(TinyBootImage.of(codec, kernel))).isEqualTo(kernel);
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void everyTruncationIsRefused(Codec codec) throws Exception {
    byte[] file = TinyBootImage.of(codec, KERNEL);
    for (int length = 0; length < file.length; length += 173) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThatThrownBy(
              () -> KernelExtraction.read(ByteRange.of("vmlinuz", cut), Optional.empty()))
          .as("the first %d bytes", length)
          .isInstanceOf(ExtractionException.class)
          .hasMessageContaining("vmlinuz");
    }
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void damageIsRefusedInOneLineOrDoesNoHarm(Codec codec) throws Exception {
    long seed = 3;
    Random random = new Random(seed);
    byte[] file = TinyBootImage.of(codec, KERNEL);
    for (int i = 0; i < 200; i++) {
      byte[] damaged = file.clone();
      int at = 0x1f1 + random.nextInt(damaged.length - 0x1f1);
      damaged[at] ^= (byte) (1 + random.nextInt(255));
      try {
        kernelOf(damaged);
      } catch (ExtractionException e) {
        assertThat(e.getMessage()).as("seed %d, byte 0x%x", seed, at).doesNotContain("\n");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = Codec.class, names = "GZIP", mode = EnumSource.Mode.EXCLUDE)
  void aSizeThatIsNotTheKernelsIsRefused(Codec codec) throws Exception {
    byte[] file = TinyBootImage.of(codec, KERNEL);
    int size = lastIndexOf(file, new LittleEndian().u32(KERNEL.length).toBytes());
    for (long wrong : new long[] {0, KERNEL.length - 1, KERNEL.length + 1, 0x7fffffff}) {
      byte[] damaged = file.clone();
      System.arraycopy(new LittleEndian().u32(wrong).toBytes(), 0, damaged, size, 4);
      assertThatThrownBy(() -> kernelOf(damaged))
          .as("size %d", wrong)
          .isInstanceOf(ExtractionException.class);
    }
  }

  @Test
  void lzoIsRefusedByName() {
    LittleEndian payload = new LittleEndian();
    payload.bytes(new byte[] {(byte) 0x89, 'L', 'Z', 'O', 0, 0x0d, 0x0a}).u32(100);
    assertThatThrownBy(() -> kernelOf(TinyBootImage.wrap(payload)))
        .hasMessageContaining("lzo cannot be read");
  }

  @Test
  void anUnknownCodecIsRefusedWithItsFirstBytes() {
    LittleEndian payload =
        new LittleEndian().bytes("abcdef".getBytes(StandardCharsets.US_ASCII)).u32(100);
    assertThatThrownBy(() -> kernelOf(TinyBootImage.wrap(payload)))
        .hasMessageContaining("first bytes 616263646566");
  }

  @Test
  void whatIsNoKernelIsRefused() {
    byte[] file = "#!/bin/sh\n".repeat(100).getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> KernelExtraction.read(ByteRange.of("script", file), Optional.empty()))
        .hasMessage("script: expected a kernel (bzImage or ELF), found other first bytes");
  }

  private static int lastIndexOf(byte[] bytes, byte[] wanted) {
    for (int at = bytes.length - wanted.length; at >= 0; at--) {
      if (Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
        return at;
      }
    }
    throw new AssertionError("not in the file");
  }
}
