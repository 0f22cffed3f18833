package io.plumbline.signaturestore.keep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureUnavailableException;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.ImageRelocations;
import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.PatchSites;
import io.plumbline.introspection.golden.image.PatchSites.Alternative;
import io.plumbline.introspection.golden.image.PatchSites.JumpLabel;
import io.plumbline.introspection.golden.image.PatchSites.ParavirtSite;
import io.plumbline.introspection.golden.image.PatchSites.RuntimeConstant;
import io.plumbline.introspection.golden.image.PatchSites.StaticCall;
import io.plumbline.introspection.verify.image.Outlines;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of signatures that were extracted from a package. */
class PackageSignatureTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whatIsWrittenIsRead(long seed) throws Exception {
    PackageSignature written = random(new Random(seed));
    EncodedSignature encoded = SignatureCodec.encode(written);

    PackageSignature read =
        (PackageSignature) SignatureCodec.decode("test", encoded.id(), encoded.file());

    assertThat(read.id()).isEqualTo(encoded.id());
    assertThat(read)
        .usingRecursiveComparison()
        .ignoringFields("id")
        .as("seed %d", seed)
        .isEqualTo(written);
    assertThat(SignatureCodec.encode(read).file()).as("seed %d", seed).isEqualTo(encoded.file());
  }

  @Test
  void aSummarySaysThatTheBuildIsKnownFromItsPackageAndReadsNoneOfItsCode() throws Exception {
    PackageSignature written = random(new Random(1));
    EncodedSignature encoded = SignatureCodec.encode(written);
    AtomicLong read = new AtomicLong();
    SignatureSummary summary =
        SignatureCodec.summary("test", encoded.id(), counted(encoded.file(), read), 7);
    assertThat(summary.packaged()).isTrue();
    assertThat(summary.images()).isZero();
    assertThat(summary.modules()).isZero();
    assertThat(summary.sizeBytes()).isEqualTo(7);
    assertThat(summary.name()).isEqualTo(written.name());
    assertThat(summary.base()).isEqualTo(written.image().base());
    assertThat(read.get()).isPositive().isLessThan(500);
    assertThat(encoded.file()).hasSizeGreaterThan(5000);
  }

  /** Counts what is read and not what is skipped. */
  private static InputStream counted(byte[] file, AtomicLong read) {
    return new ByteArrayInputStream(file) {
      @Override
      public synchronized int read(byte[] target, int offset, int length) {
        int found = super.read(target, offset, length);
        read.addAndGet(Math.max(0, found));
        return found;
      }

      @Override
      public synchronized byte[] readAllBytes() {
        throw new AssertionError("expected some sections to be read, found all");
      }
    };
  }

  /** Every cut is refused with a word on what is missing; none is an accident. */
  @Test
  void aFileThatEndsEarlyIsRefused() {
    byte[] file = SignatureCodec.encode(random(new Random(2))).file();
    for (int length = 0; length < file.length; length += 1 + length / 64) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThatThrownBy(() -> SignatureCodec.decode("cut", SignatureCodec.idOf(cut), cut))
          .as("%d of %d bytes", length, file.length)
          .isInstanceOf(SignatureException.class)
          .hasMessageContaining("cut");
    }
  }

  private static SignatureBodies bodies(AtomicReference<byte[]> file) {
    return id -> new ByteArrayInputStream(file.get());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void anOutlineSaysAtOnceWhatItKeepsAndReadsTheRestWhenItIsAskedFor(long seed) throws Exception {
    PackageSignature written = random(new Random(seed));
    EncodedSignature encoded = SignatureCodec.encode(written);
    AtomicReference<byte[]> file = new AtomicReference<>(encoded.file());
    for (KernelSignature read :
        List.of(bodies(file).outline(encoded.id()), bodies(file).verifiedOutline(encoded.id()))) {
      PackageSignature outlined = (PackageSignature) read;
      assertThat(outlined.name()).isEqualTo(written.name());
      assertThat(outlined.base()).isEqualTo(written.base());
      assertThat(outlined.outline())
          .get()
          .usingRecursiveComparison()
          .isEqualTo(Outlines.of(written.image(), written.functionDigests()));
      assertThat(outlined.functionDigests()).isEqualTo(written.functionDigests());
      assertThat(outlined.image()).usingRecursiveComparison().isEqualTo(written.image());
      assertThat(outlined.modules().outlines()).isEmpty();
    }
  }

  @Test
  void nothingButTheOutlineIsUsedOfAFileThatIsNotWhatItsIdSays() throws Exception {
    EncodedSignature encoded = SignatureCodec.encode(random(new Random(4)));
    byte[] damaged = encoded.file().clone();
    damaged[damaged.length / 2] ^= 1;
    AtomicReference<byte[]> file = new AtomicReference<>(damaged);
    PackageSignature outlined = (PackageSignature) bodies(file).outline(encoded.id());

    assertThatThrownBy(outlined::image)
        .isInstanceOf(SignatureUnavailableException.class)
        .hasMessageContaining("expected " + encoded.id());
    assertThatThrownBy(() -> bodies(file).verifiedOutline(encoded.id()))
        .isInstanceOf(SignatureException.class);
    file.set(encoded.file());
    assertThat(outlined.image().banner()).isEqualTo("Linux version 6.1.0 (größe) #1");
  }

  @Test
  void aFileThatChangedItsNameSinceItWasOpenedIsRefused() throws Exception {
    PackageSignature one = random(new Random(5));
    EncodedSignature encoded = SignatureCodec.encode(one);
    byte[] renamed =
        new String(encoded.file(), StandardCharsets.ISO_8859_1)
            .replace(one.name().build(), "9" + one.name().build().substring(1))
            .getBytes(StandardCharsets.ISO_8859_1);
    AtomicReference<byte[]> file = new AtomicReference<>(renamed);
    PackageSignature outlined = (PackageSignature) bodies(file).outline(encoded.id());
    assertThat(outlined.name().build()).startsWith("9");
    file.set(encoded.file());
    assertThatThrownBy(outlined::image)
        .isInstanceOf(SignatureUnavailableException.class)
        .hasMessageContaining("found others");
  }

  @Test
  void anOutlineOfACutFileIsRefused() {
    byte[] file = SignatureCodec.encode(random(new Random(2))).file();
    for (int length = 0; length < file.length - 5000; length += 1 + length / 64) {
      AtomicReference<byte[]> cut = new AtomicReference<>(Arrays.copyOf(file, length));
      assertThatThrownBy(() -> bodies(cut).outline(SignatureCodec.DRAFT))
          .as("%d of %d bytes", length, file.length)
          .isInstanceOf(SignatureException.class);
    }
  }

  static PackageSignature random(Random random) {
    ImageSection text = new ImageSection(".text", 0, bytes(random, 5000), true, false);
    ImageSection data =
        new ImageSection(".data", text.end() + 100, bytes(random, 300), false, true);
    KernelImage image =
        new KernelImage(
            new BuildName("Linux", "6.1.0-" + random.nextInt(99), "6.1-1"),
            "Linux version 6.1.0 (größe) #1",
            "00ff",
            CodeMode.LONG_64,
            0xffffffff81000000L,
            List.of(text, data),
            new ImageRelocations(ascending(random), new int[0], ascending(random)),
            new ImageSymbols(
                new long[] {Long.MIN_VALUE, 0, 0, 17},
                new byte[] {'A', 'T', 't', 'd'},
                List.of("per_cpu", "_text", "_stext", "größe")),
            sites(random));
    return new PackageSignature(
        SignatureCodec.DRAFT, image, random.longs(20).sorted().distinct().toArray());
  }

  private static PatchSites sites(Random random) {
    return new PatchSites(
        IntStream.range(0, 9)
            .mapToObj(
                i ->
                    new Alternative(
                        random.nextInt(),
                        random.nextInt(),
                        random.nextInt(700),
                        random.nextBoolean(),
                        random.nextBoolean(),
                        random.nextInt(255),
                        random.nextInt(255)))
            .toList(),
        ascending(random),
        List.of(new ParavirtSite(random.nextInt(), random.nextInt(100), 7)),
        ascending(random),
        ascending(random),
        new int[0],
        ascending(random),
        List.of(new RuntimeConstant("ptr_dentry_hashtable", random.nextInt(), 8)),
        List.of(new JumpLabel(random.nextInt(), random.nextInt(), random.nextInt(), true)),
        List.of(new StaticCall(random.nextInt(), random.nextInt(), false, true)),
        ascending(random));
  }

  private static int[] ascending(Random random) {
    return random.ints(random.nextInt(40)).sorted().distinct().toArray();
  }

  private static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
