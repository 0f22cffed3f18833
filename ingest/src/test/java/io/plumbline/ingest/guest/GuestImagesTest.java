package io.plumbline.ingest.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class GuestImagesTest {
  private static final List<VcpuState> VCPUS =
      List.of(SampleVcpu.numbered(0), SampleVcpu.numbered(1));

  @TempDir Path folder;

  @Test
  void aMigrationStreamShowsItsPagesAndEveryRegister() throws IOException {
    try (GuestImage image = open(Images.migrationStream())) {
      assertThat(image.format()).isEqualTo(ImageFormat.QEMU_MIGRATION_STREAM);
      assertThat(image.machineType()).contains("pc-i440fx-7.2");
      assertThat(image.memoryBytes()).isEqualTo(Images.RAM);
      assertThat(image.vcpus()).isEqualTo(VCPUS);
      assertThat(image.missing()).isEmpty();
      assertThatTheStreamsPagesAreRight(image);
    }
  }

  @Test
  void aLibvirtSaveIsTheStreamBehindItsHeader() throws IOException {
    try (GuestImage image = open(Images.libvirtSave(Images.migrationStream()))) {
      assertThat(image.format()).isEqualTo(ImageFormat.LIBVIRT_SAVE);
      assertThat(image.vcpus()).isEqualTo(VCPUS);
      assertThatTheStreamsPagesAreRight(image);
    }
  }

  @Test
  void compressedLibvirtSavesAreUnpackedAndLeaveNothingBehind() throws IOException {
    byte[] stream = Images.migrationStream();
    for (byte[] packed : List.of(gzip(stream), xz(stream), Zstd.compress(stream))) {
      try (GuestImage image = open(Images.libvirtSave(packed))) {
        assertThat(image.format()).isEqualTo(ImageFormat.LIBVIRT_SAVE);
        assertThat(image.vcpus()).isEqualTo(VCPUS);
        assertThatTheStreamsPagesAreRight(image);
      }
    }
    try (Stream<Path> left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      assertThat(left.filter(p -> p.getFileName().toString().startsWith("plumbline-unpacked-")))
          .isEmpty();
    }
  }

  @Test
  void whatLibvirtCompressedInAnUnsupportedWayIsRefusedByName() {
    byte[] bzip2 = "BZh91AY&SY".getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> open(Images.libvirtSave(bzip2)))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("found BZIP2 (not supported)");
  }

  @Test
  void aSaveThatLibvirtDidNotFinishIsRefused() {
    byte[] save = Images.libvirtSave(Images.migrationStream());
    System.arraycopy("Part".getBytes(StandardCharsets.US_ASCII), 0, save, 12, 4);
    assertThatThrownBy(() -> open(save))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("libvirt did not finish it");
  }

  @Test
  void anElfCoreSaysWhichRegistersItLacks() throws IOException {
    try (GuestImage image = open(Images.elfCore())) {
      assertThat(image.format()).isEqualTo(ImageFormat.ELF_CORE);
      assertThat(image.vcpus()).isEqualTo(VCPUS.stream().map(SampleVcpu::withoutMsrs).toList());
      assertThat(image.missing()).anyMatch(m -> m.contains("LSTAR"));
      assertThat(image.memoryBytes()).isEqualTo(3 * 4096);
      assertPage(image, 0, Images.page(0));
      assertPage(image, 1, Images.page(1));
      assertThat(Images.read(image, 2)).isEmpty();
      assertPage(image, 0x100000, Images.page(2));
    }
  }

  @Test
  void a32BitElfCoreIsReadAsWell() throws IOException {
    try (GuestImage image = open(Images.elf32Core())) {
      assertThat(image.vcpus()).containsExactly(SampleVcpu.withoutMsrs(SampleVcpu.numbered(0)));
      assertPage(image, 0, Images.page(0));
    }
  }

  @Test
  void anElfCoreWithPagingListsAFrameForEveryVirtualAddress() throws IOException {
    try (GuestImage image = open(Images.elfCoreWithPaging(0))) {
      assertThat(image.memoryBytes()).isEqualTo(3 * 4096);
      for (int n = 0; n < 3; n++) {
        assertPage(image, n, Images.page(n));
      }
    }
  }

  @Test
  void anElfCoreThatHasTwoContentsForAFrameIsRefused() {
    assertThatThrownBy(() -> open(Images.elfCoreWithPaging(4096)))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("another range with the same frames");
  }

  @Test
  void aRegistersFileBesideAnElfCoreBringsTheMsrs() throws IOException {
    try (GuestImage image = open(Images.elfCore(), Images.registersJson(VCPUS))) {
      assertThat(image.vcpus()).isEqualTo(VCPUS);
      assertThat(image.missing()).isEmpty();
    }
  }

  @Test
  void limeKnowsOnlyItsRangesAndSaysWhereAFrameIsCut() throws IOException {
    try (GuestImage image = open(Images.lime(), Images.registersJson(VCPUS))) {
      assertThat(image.format()).isEqualTo(ImageFormat.LIME);
      assertThat(Images.read(image, 0)).isEmpty();
      assertPage(image, 1, Images.page(1));
      assertThat(Images.read(image, 2)).isEmpty();
      assertPage(image, 17, Images.page(17));
      assertPage(image, 31, Images.page(31));
      assertThat(Images.read(image, 32)).isEmpty();
      assertThat(image.missing()).containsExactly("1 frames of which the image holds a part only");
    }
  }

  @Test
  void rawMemoryTakesItsRegistersFromTheJsonFile() throws IOException {
    try (GuestImage image = open(Images.raw(), Images.registersJson(VCPUS))) {
      assertThat(image.format()).isEqualTo(ImageFormat.RAW);
      assertThat(image.vcpus()).isEqualTo(VCPUS);
      assertThat(image.missing()).isEmpty();
      assertPage(image, 15, Images.page(15));
      assertThat(Images.read(image, 16)).isEmpty();
    }
  }

  @Test
  void rawMemoryMayTakeItsRegistersFromAMigrationStream() throws IOException {
    Path raw = write("raw", Images.raw());
    Path devices = write("devices", Images.streamWithoutRam());
    try (GuestImage image = GuestImages.open(raw, Optional.of(devices))) {
      assertThat(image.format()).isEqualTo(ImageFormat.RAW);
      assertThat(image.vcpus()).containsExactly(SampleVcpu.numbered(0));
      assertThat(image.machineType()).contains("pc-q35-9.0");
      assertThat(image.missing()).isEmpty();
      assertPage(image, 15, Images.page(15));
    }
  }

  @Test
  void memoryWithoutRegistersIsRefused() {
    for (byte[] image : List.of(Images.raw(), Images.lime())) {
      assertThatThrownBy(() -> open(image))
          .isInstanceOf(ImageException.class)
          .hasMessageContaining("holds no registers");
    }
  }

  @Test
  void rawMemoryAboveThePciHoleIsFoundByTheMachineType() throws IOException {
    Path sparse = folder.resolve("sparse.raw");
    long ram = 4100L << 20;
    long low = 2L << 30;
    try (var file = new java.io.RandomAccessFile(sparse.toFile(), "rw")) {
      file.setLength(ram);
      file.seek(low);
      file.write(Images.page(7));
    }
    String json =
        Images.registersJson(VCPUS).replace("{\"name\"", "{\"machine\":\"pc-q35-7.2\",\"name\"");
    try (GuestImage image = GuestImages.open(sparse, Optional.of(write("r.json", json)))) {
      assertPage(image, 1L << 20, Images.page(7));
      assertThat(Images.read(image, low >> 12)).isEmpty();
      assertThat(image.frames()).hasSize(2);
    }
  }

  @Test
  void largeRawMemoryOfAnUnnamedMachineSaysHowItWasTakenAndOfAnUnknownOneIsRefused()
      throws IOException {
    Path sparse = folder.resolve("sparse.raw");
    try (var file = new java.io.RandomAccessFile(sparse.toFile(), "rw")) {
      file.setLength(4100L << 20);
    }
    String json = Images.registersJson(VCPUS);
    try (GuestImage image = GuestImages.open(sparse, Optional.of(write("r.json", json)))) {
      assertThat(image.missing()).singleElement().asString().contains("names no machine");
    }
    Path unknown = write("u.json", json.replace("{\"name\"", "{\"machine\":\"toaster\",\"name\""));
    assertThatThrownBy(() -> GuestImages.open(sparse, Optional.of(unknown)))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("found \"toaster\"");
  }

  @Test
  void formatsThatAreNotSupportedAreNotTakenForRawMemory() {
    for (String start : List.of("KDUMP   ", "makedumpfile", "PAGEDU64", "AVML")) {
      byte[] image = new byte[8192];
      byte[] magic = start.getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(magic, 0, image, 0, magic.length);
      assertThatThrownBy(() -> open(image, Images.registersJson(VCPUS)))
          .isInstanceOf(ImageException.class)
          .hasMessageContaining("not supported");
    }
  }

  @Test
  void aFolderOrAMissingFileIsNoImage() {
    assertThatThrownBy(() -> GuestImages.open(folder, Optional.empty()))
        .isInstanceOf(ImageException.class);
    assertThatThrownBy(() -> GuestImages.open(folder.resolve("none"), Optional.empty()))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("expected a readable regular file");
  }

  private static void assertThatTheStreamsPagesAreRight(GuestImage image) {
    for (int n = 0; n < 16; n++) {
      if (n == 3) {
        assertThat(Images.read(image, n)).containsSame(PageBytes.ZERO);
      } else if (n == 4) {
        byte[] filled = new byte[4096];
        java.util.Arrays.fill(filled, (byte) 0x55);
        assertPage(image, n, filled);
      } else {
        assertPage(image, n, Images.page(n));
      }
    }
    assertThat(Images.read(image, 16)).isEmpty();
  }

  private static void assertPage(GuestImage image, long frame, byte[] expected) {
    assertThat(Images.read(image, frame).map(PageBytes::toByteArray))
        .as("frame %d", frame)
        .hasValueSatisfying(page -> assertThat(page).isEqualTo(expected));
  }

  private GuestImage open(byte[] image) throws IOException {
    return GuestImages.open(write("image", image), Optional.empty());
  }

  private GuestImage open(byte[] image, String registers) throws IOException {
    return GuestImages.open(write("image", image), Optional.of(write("registers", registers)));
  }

  private Path write(String name, String content) throws IOException {
    return write(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private Path write(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }

  private static byte[] xz(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new XZOutputStream(packed, new LZMA2Options(0))) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }
}
