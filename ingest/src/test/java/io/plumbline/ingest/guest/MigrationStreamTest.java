package io.plumbline.ingest.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.introspection.memory.PageBytes;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class MigrationStreamTest {
  @TempDir Path folder;

  @Test
  void aPageThatIsSentTwiceHasItsLastContent() throws IOException {
    StreamBuilder stream = oneBlock("pc-i440fx-7.2", "pc.ram");
    stream.ramPart().page("pc.ram", 0x1000, Images.page(1)).filledAsBefore(0x2000, 0).endOfRam();
    stream.ramPart().pageAsBefore(0x1000, Images.page(9)).pageAsBefore(0x2000, Images.page(2));
    try (GuestImage image = open(stream.endOfRam().vcpu(SampleVcpu.numbered(0)).bytes())) {
      assertThat(content(image, 1)).isEqualTo(Images.page(9));
      assertThat(content(image, 2)).isEqualTo(Images.page(2));
    }
  }

  @Test
  void framesThatTheStreamLacksAreUnreadableAndCounted() throws IOException {
    StreamBuilder stream =
        new StreamBuilder("pc-q35-9.0", "x-ignore-shared").blocks(true, "pc.ram", Images.RAM);
    stream.ramPart().page("pc.ram", 0x1000, Images.page(1)).endOfRam();
    try (GuestImage image = open(stream.vcpu(SampleVcpu.numbered(0)).bytes())) {
      assertThat(Images.read(image, 0)).isEmpty();
      assertThat(content(image, 1)).isEqualTo(Images.page(1));
      assertThat(image.missing())
          .containsExactly(
              "15 frames of RAM are not in the stream: it was saved with x-ignore-shared");
      assertThat(image.vcpus()).containsExactly(SampleVcpu.numbered(0));
    }
  }

  @Test
  void aStreamWhoseRamLiesElsewhereIsRefused() {
    assertThatThrownBy(() -> open(Images.streamWithoutRam()))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("x-ignore-shared");
  }

  @Test
  void theBlocksOfNumaNodesFollowOneAnother() throws IOException {
    StreamBuilder stream =
        new StreamBuilder("pc-q35-9.0")
            .blocks(false, "ram-node1", Images.RAM, "ram-node0", 0x8000L, "dimm0", 128L << 20);
    stream.ramPart().page("ram-node0", 0, Images.page(1)).page("ram-node1", 0x1000, Images.page(2));
    try (GuestImage image = open(stream.endOfRam().vcpu(SampleVcpu.numbered(0)).bytes())) {
      assertThat(image.memoryBytes()).isEqualTo(Images.RAM + 0x8000);
      assertThat(content(image, 0)).isEqualTo(Images.page(1));
      assertThat(content(image, 9)).isEqualTo(Images.page(2));
      assertThat(image.missing()).anyMatch(m -> m.contains("dimm0 of 134217728 bytes"));
    }
  }

  @Test
  void mappedRamIsReadFromItsFixedPlaces() throws IOException {
    try (GuestImage image = open(mappedRam(0))) {
      assertThatMappedPagesAreRight(image);
    }
  }

  /** libvirt's format "sparse": QEMU is told where in the file to begin. */
  @Test
  void mappedRamInALibvirtSaveCountsFromTheFilesStart() throws IOException {
    int header = Images.libvirtSave(new byte[0]).length;
    try (GuestImage image = open(Images.libvirtSave(mappedRam(header)))) {
      assertThat(image.format()).isEqualTo(ImageFormat.LIBVIRT_SAVE);
      assertThatMappedPagesAreRight(image);
    }
  }

  private static void assertThatMappedPagesAreRight(GuestImage image) {
    assertThat(content(image, 2)).isEqualTo(Images.page(2));
    assertThat(content(image, 15)).isEqualTo(Images.page(15));
    assertThat(Images.read(image, 3)).containsSame(PageBytes.ZERO);
    assertThat(image.missing()).isEmpty();
  }

  /** A stream to be written from {@code start} of a file on, with pages 2 and 15. */
  private static byte[] mappedRam(int start) {
    StreamBuilder stream = new StreamBuilder("pc-q35-9.0", "mapped-ram");
    Wire setup = new Wire(ByteOrder.BIG_ENDIAN);
    setup.u8(1).u32(2).countedText("ram").u32(0).u32(4).u64(Images.RAM | 0x04);
    setup.countedText("pc.ram").u64(Images.RAM);
    long bitmap = start + stream.size() + setup.size() + 28L;
    long pages = 0x1000;
    setup.u32(1).u64(4096, bitmap, pages).u8(0b0000_0100).u8(0b1000_0000);
    setup.zeros((int) pages - start - stream.size() - setup.size());
    for (int n = 0; n < 16; n++) {
      setup.raw(n == 2 || n == 15 ? Images.page(n) : new byte[4096]);
    }
    setup.u64(0x10).u8(0x7e).u32(2);
    return stream.raw(setup.bytes()).vcpu(SampleVcpu.numbered(0)).bytes();
  }

  @Test
  void anUnknownConfigurationSubsectionIsReadByTheDescription() throws IOException {
    StreamBuilder stream =
        new StreamBuilder("pc-q35-11.0").configurationSubsection("configuration/new", new byte[5]);
    stream.blocks(false, "pc.ram", Images.RAM).ramPart().page("pc.ram", 0, Images.page(1));
    stream.endOfRam().vcpu(SampleVcpu.numbered(0));
    String described =
        "\"configuration\":{\"vmsd_name\":\"configuration\",\"version\":1,\"fields\":[],"
            + "\"subsections\":[{\"vmsd_name\":\"configuration/new\",\"version\":1,\"fields\":"
            + "[{\"name\":\"x\",\"type\":\"buffer\",\"size\":5}]}]},";
    try (GuestImage image = open(stream.bytes(described))) {
      assertThat(image.machineType()).contains("pc-q35-11.0");
    }
    assertThatThrownBy(() -> open(stream.bytes()))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("configuration/new");
  }

  @Test
  void aDeviceThatItsDescriptionMisrepresentsIsNoticedAtItsFooter() {
    byte[] stream =
        oneBlock("pc-i440fx-7.2", "pc.ram")
            .device("odd", new byte[8], "{\"name\":\"a\",\"type\":\"buffer\",\"size\":7}")
            .vcpu(SampleVcpu.numbered(0))
            .bytes();
    assertThatThrownBy(() -> open(stream))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("footer of section odd")
        .hasMessageContaining("expected 0x7e, found 0x0");
  }

  @Test
  void aSectionWhoseBeginningBecameTheEndHidesNoVcpu() {
    StreamBuilder stream = oneBlock("pc-i440fx-7.2", "pc.ram").vcpu(SampleVcpu.numbered(0));
    int second = stream.size();
    byte[] whole = stream.vcpu(SampleVcpu.numbered(1)).bytes();
    assertThat(whole[second]).isEqualTo((byte) 4);
    whole[second] = 0; // one bit from "a device, whole" to "the end"
    assertThatThrownBy(() -> open(whole))
        .isInstanceOf(ImageException.class)
        .hasMessageContainingAll(
            "end of the sections at offset 0x" + Integer.toHexString(second), "device cpu/1");
  }

  @Test
  void aVcpuThatComesTwiceIsRefusedRatherThanTheFirstForgotten() {
    StreamBuilder stream = oneBlock("pc-i440fx-7.2", "pc.ram").vcpu(SampleVcpu.numbered(0));
    byte[] twice = stream.vcpu(SampleVcpu.numbered(0)).bytes();
    assertThatThrownBy(() -> open(twice))
        .isInstanceOf(ImageException.class)
        .hasMessageContainingAll("section of cpu/0", "a second one");
  }

  @Test
  @Timeout(30)
  void namesAsLongAsAFileCostNoTime() {
    String name = "n".repeat(400);
    String field = "{\"name\":\"" + name + "\",\"type\":\"struct\",\"array_len\":3000000,";
    String inner = "{\"name\":\"" + name + "\",\"type\":\"buffer\",\"size\":0}";
    byte[] stream =
        oneBlock("pc-i440fx-7.2", "pc.ram")
            .device("slow", new byte[0], field + "\"struct\":{\"fields\":[" + inner + "]}}")
            .vcpu(SampleVcpu.numbered(0))
            .bytes();
    assertThatThrownBy(() -> open(stream))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("device slow");
    byte[] longer =
        oneBlock("pc-i440fx-7.2", "pc.ram")
            .device("long", new byte[0], inner.replace(name, name + name))
            .vcpu(SampleVcpu.numbered(0))
            .bytes();
    assertThatThrownBy(() -> open(longer))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("512");
  }

  @Test
  void arraysWithoutABytePerElementEnd() {
    String hollow =
        "{\"name\":\"h\",\"type\":\"struct\",\"array_len\":%d,\"struct\":{\"fields\":[%s]}}";
    String nested = String.format(hollow, 1L << 40, String.format(hollow, 1L << 40, ""));
    byte[] stream =
        oneBlock("pc-i440fx-7.2", "pc.ram")
            .device("hollow", new byte[0], nested)
            .vcpu(SampleVcpu.numbered(0))
            .bytes();
    assertThatThrownBy(() -> open(stream))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("device hollow");
  }

  @Test
  void aDeeplyNestedDescriptionIsRefused() {
    String deep = "\"x\":" + "[".repeat(50_000) + "]".repeat(50_000) + ",";
    byte[] stream = oneBlock("pc-i440fx-7.2", "pc.ram").bytes(deep);
    assertThatThrownBy(() -> open(stream))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("nesting depth");
  }

  @Test
  void ramOfAnImpossibleSizeIsRefused() {
    byte[] stream =
        new StreamBuilder("pc-q35-9.0")
            .blocks(false, "pc.ram", 1L << 50)
            .vcpu(SampleVcpu.numbered(0))
            .bytes();
    assertThatThrownBy(() -> open(stream))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("at most 16 TiB");
  }

  @Test
  void aPageOutsideItsBlockIsRefused() {
    StreamBuilder stream = oneBlock("pc-i440fx-7.2", "pc.ram");
    stream.ramPart().page("pc.ram", Images.RAM, Images.page(1)).endOfRam();
    assertThatThrownBy(() -> open(stream.vcpu(SampleVcpu.numbered(0)).bytes()))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("an address below 0x10000, found 0x10000");
  }

  @Test
  void aLargeGuestOnAnUnknownMachineIsRefusedRatherThanMisplaced() {
    byte[] stream =
        new StreamBuilder("toaster-1.0")
            .blocks(false, "pc.ram", 3L << 30)
            .vcpu(SampleVcpu.numbered(0))
            .bytes();
    assertThatThrownBy(() -> open(stream))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("found \"toaster-1.0\"");
  }

  private static StreamBuilder oneBlock(String machine, String name) {
    return new StreamBuilder(machine).blocks(false, name, Images.RAM);
  }

  private static byte[] content(GuestImage image, long frame) {
    return Images.read(image, frame).orElseThrow().toByteArray();
  }

  private GuestImage open(byte[] image) throws IOException {
    return GuestImages.open(Files.write(folder.resolve("image"), image), Optional.empty());
  }
}
