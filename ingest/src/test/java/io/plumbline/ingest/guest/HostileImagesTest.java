package io.plumbline.ingest.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.ingest.guest.layout.FrameRange;
import io.plumbline.introspection.memory.FrameNumber;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged images of every format end in an {@link ImageException} or in an image; never else. */
@Timeout(120)
class HostileImagesTest {
  private static final long SEED = 20261123;
  private static final int FLIPS = 400;
  private static final int CUTS = 150;

  @TempDir Path folder;

  static Stream<Arguments> images() {
    byte[] stream = Images.migrationStream();
    return Stream.of(
        Arguments.of("migration stream", stream, false),
        Arguments.of("libvirt save", Images.libvirtSave(stream), false),
        Arguments.of("libvirt save, zstd", Images.libvirtSave(Zstd.compress(stream)), false),
        Arguments.of("ELF core", Images.elfCore(), false),
        Arguments.of("32-bit ELF core", Images.elf32Core(), false),
        Arguments.of("LiME", Images.lime(), true),
        Arguments.of("raw", Images.raw(), true));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("images")
  void aFlippedBitIsAnImageOrAnImageException(String name, byte[] image, boolean registers)
      throws IOException {
    Random random = new Random(SEED);
    int[] structure = structure(image);
    int opened = 0;
    for (int i = 0; i < FLIPS; i++) {
      byte[] damaged = image.clone();
      int flips = 1 + random.nextInt(3);
      for (int f = 0; f < flips; f++) {
        int at = structure[random.nextInt(structure.length)];
        damaged[at] ^= (byte) (1 << random.nextInt(8));
      }
      opened += opens(damaged, registers, name + ", seed " + SEED + ", round " + i) ? 1 : 0;
    }
    boolean hasStructure = !name.equals("raw");
    assertThat(opened < FLIPS).as("%s: damage is noticed", name).isEqualTo(hasStructure);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("images")
  void aTruncatedImageIsAnImageException(String name, byte[] image, boolean registers)
      throws IOException {
    Random random = new Random(SEED);
    for (int i = 0; i < CUTS; i++) {
      int length = i < 100 ? Math.min(i, image.length - 1) : random.nextInt(image.length);
      String round = name + ", seed " + SEED + ", cut to " + length + " of " + image.length;
      boolean opened = opens(Arrays.copyOf(image, length), registers, round);
      // Raw memory and LiME can be cut at a page or a range and be whole again.
      assertThat(opened && !registers).as(round).isFalse();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damagedRegisters")
  void aDamagedRegistersFileIsAnImageExceptionOrReadable(String name, byte[] registers)
      throws IOException {
    Random random = new Random(SEED);
    Path raw = Files.write(folder.resolve("raw"), Images.raw());
    for (int i = 0; i < FLIPS; i++) {
      byte[] damaged = registers.clone();
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      byte[] cut = i % 3 == 0 ? Arrays.copyOf(damaged, random.nextInt(damaged.length)) : damaged;
      opens(raw, Optional.of(cut), name + ", seed " + SEED + ", round " + i);
    }
  }

  static Stream<Arguments> damagedRegisters() {
    String json = Images.registersJson(List.of(SampleVcpu.numbered(0), SampleVcpu.numbered(1)));
    String deep = "{\"cpus\":" + "[".repeat(20_000) + "]".repeat(20_000) + "}";
    return Stream.of(
        Arguments.of("registers", json.getBytes(StandardCharsets.UTF_8)),
        Arguments.of("deep nesting", deep.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void millionsOfNotesThatManySegmentsShareEnd() throws IOException {
    Path core = Files.write(folder.resolve("core"), Images.elfCoreOfNotes(60_000, 60_000));
    assertThatThrownBy(() -> GuestImages.open(core, Optional.empty()))
        .isInstanceOf(ImageException.class)
        .hasMessageContainingAll("core: ELF notes at offset", "at most 65536, found more");
  }

  @Test
  void aRegisterThatIsThereTwiceOrTextBehindTheRegistersIsRefused() throws IOException {
    String json = Images.registersJson(List.of(SampleVcpu.numbered(0)));
    Path raw = Files.write(folder.resolve("raw"), Images.raw());
    for (String wrong : List.of(json + "{}", json.replaceFirst("\"cr0\"", "\"cr0\":1,\"cr0\""))) {
      Path registers = Files.writeString(folder.resolve("registers"), wrong);
      assertThatThrownBy(() -> GuestImages.open(raw, Optional.of(registers)))
          .isInstanceOf(ImageException.class)
          .hasMessageContaining("expected registers as JSON, found");
    }
  }

  /** Where damage can hurt: everything but the inside of pages, which are all alike. */
  private static int[] structure(byte[] image) {
    int[] places = new int[image.length];
    int count = 0;
    for (int i = 0; i < image.length; i++) {
      boolean insideAPage = i > 8 && i + 8 < image.length && allEqual(image, i - 8, i + 8);
      if (!insideAPage) {
        places[count++] = i;
      }
    }
    return Arrays.copyOf(places, count);
  }

  private static boolean allEqual(byte[] image, int from, int to) {
    for (int i = from + 1; i < to; i++) {
      if (image[i] != image[from]) {
        return false;
      }
    }
    return true;
  }

  private boolean opens(byte[] image, boolean registers, String round) throws IOException {
    Optional<byte[]> json =
        registers
            ? Optional.of(
                Images.registersJson(List.of(SampleVcpu.numbered(0)))
                    .getBytes(StandardCharsets.UTF_8))
            : Optional.empty();
    return opens(Files.write(folder.resolve("image"), image), json, round);
  }

  private boolean opens(Path image, Optional<byte[]> registers, String round) throws IOException {
    Optional<Path> json =
        registers.isPresent()
            ? Optional.of(Files.write(folder.resolve("registers"), registers.get()))
            : Optional.empty();
    try (GuestImage guest = GuestImages.open(image, json)) {
      readAFew(guest);
      return true;
    } catch (ImageException e) {
      assertThat(e.getMessage()).as(round).contains(folder.toString()).doesNotContain("\n");
      return false;
    } catch (RuntimeException | Error e) {
      throw new AssertionError(round, e);
    }
  }

  private static void readAFew(GuestImage guest) {
    for (FrameRange range : guest.frames()) {
      for (long i = 0; i < Math.min(range.count(), 32); i++) {
        guest.memory().read(new FrameNumber(range.first().value() + i));
      }
    }
  }
}
