package io.plumbline.ingest.guest.layout;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.FrameNumber;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RamLayoutTest {
  private static final long MIB = 1L << 20;

  /** QEMU hw/i386/pc_piix.c, pc_q35.c and microvm.c: machine, MiB of RAM, MiB below 4 GiB. */
  @ParameterizedTest
  @CsvSource({
    "pc-i440fx-7.2,  256,   256",
    "pc-i440fx-7.2,  3583,  3583",
    "pc-i440fx-7.2,  3584,  3072",
    "pc-i440fx-jammy,8192,  3072",
    "pc,             8192,  3072",
    "pc-q35-7.2,     2815,  2815",
    "pc-q35-7.2,     2816,  2048",
    "pc-q35-rhel9.2, 4100,  2048",
    "microvm,        3072,  3072",
    "microvm,        4096,  3072",
    "something,      2048,  2048"
  })
  void ramContinuesAboveThePciHole(String machine, long ramMib, long belowMib) {
    RamLayout layout = RamLayout.of(machine, ramMib * MIB).orElseThrow();
    List<RamLayout.Piece> expected =
        ramMib == belowMib
            ? List.of(new RamLayout.Piece(0, 0, ramMib * MIB))
            : List.of(
                new RamLayout.Piece(0, 0, belowMib * MIB),
                new RamLayout.Piece(4096 * MIB, belowMib * MIB, (ramMib - belowMib) * MIB));
    assertThat(layout.pieces()).isEqualTo(expected);
  }

  @Test
  void theHoleOfAnUnknownMachineIsUnknown() {
    assertThat(RamLayout.of("something", 2049 * MIB)).isEmpty();
  }

  @Test
  void regionsAnswerEveryFrameAtTheirBorders() {
    ImageRegions regions = ImageRegions.of(RamLayout.of("pc", 4096 * MIB).orElseThrow(), 100);
    assertThat(regions.offsetOf(new FrameNumber(0))).isEqualTo(100);
    assertThat(regions.offsetOf(new FrameNumber(0xbffff))).isEqualTo(100 + 0xbffff000L);
    assertThat(regions.offsetOf(new FrameNumber(0xc0000))).isEqualTo(ImageRegions.ABSENT);
    assertThat(regions.offsetOf(new FrameNumber(0xfffff))).isEqualTo(ImageRegions.ABSENT);
    assertThat(regions.offsetOf(new FrameNumber(0x100000))).isEqualTo(100 + 0xc0000000L);
    assertThat(regions.offsetOf(new FrameNumber(0x13ffff))).isEqualTo(100 + 0xfffff000L);
    assertThat(regions.offsetOf(new FrameNumber(0x140000))).isEqualTo(ImageRegions.ABSENT);
    assertThat(regions.bytes()).isEqualTo(4096 * MIB);
  }

  @Test
  void aFrameThatTwoRangesClaimIsFound() {
    var low = new ImageRegions.Region(new FrameRange(new FrameNumber(0), 10), 0);
    var high = new ImageRegions.Region(new FrameRange(new FrameNumber(10), 10), 0);
    var across = new ImageRegions.Region(new FrameRange(new FrameNumber(9), 3), 0);
    assertThat(ImageRegions.overlap(List.of(high, low))).isEmpty();
    assertThat(ImageRegions.overlap(List.of(low, across))).contains(across);
  }
}
