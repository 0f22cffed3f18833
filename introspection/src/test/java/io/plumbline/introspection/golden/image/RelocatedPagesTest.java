package io.plumbline.introspection.golden.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.code.CodeMode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RelocatedPagesTest {
  private static final int PAGE = 4096;
  private static final long SLIDE = 0x1_2345_6000L;
  private static final PatchSites NONE =
      new PatchSites(
          List.of(),
          new int[0],
          List.of(),
          new int[0],
          new int[0],
          new int[0],
          new int[0],
          List.of(),
          List.of(),
          List.of(),
          new int[0]);

  private static byte[] random(int bytes) {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    return content;
  }

  private static KernelImage image() {
    return new KernelImage(
        new BuildName("Linux", "test", "1"),
        "Linux version test",
        "",
        CodeMode.LONG_64,
        0xffffffff81000000L,
        List.of(
            new ImageSection(".text", 0, random(2 * PAGE + 100), true, false),
            new ImageSection(".data", 5 * PAGE + 8, random(PAGE), false, true)),
        new ImageRelocations(
            // Inside a page, across two, at the very beginning of one.
            new int[] {0, 10, PAGE - 2, 2 * PAGE},
            new int[] {20, PAGE + 1},
            new int[] {40, 2 * PAGE - 5, 5 * PAGE + 16}),
        new ImageSymbols(
            new long[] {0, 8 * PAGE + 1}, new byte[] {'T', 'B'}, List.of("_text", "_end")),
        NONE);
  }

  /** The whole memory in one array, as a kernel's decompressor does it. */
  private static byte[] decompressed() {
    KernelImage image = image();
    byte[] memory = new byte[9 * PAGE];
    image
        .sections()
        .forEach(
            each -> System.arraycopy(each.bytes(), 0, memory, each.offset(), each.bytes().length));
    ByteBuffer fields = ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
    for (int at : image.relocations().absolute32()) {
      fields.putInt(at, fields.getInt(at) + (int) SLIDE);
    }
    for (int at : image.relocations().inverse32()) {
      fields.putInt(at, fields.getInt(at) - (int) SLIDE);
    }
    for (int at : image.relocations().absolute64()) {
      fields.putLong(at, fields.getLong(at) + SLIDE);
    }
    return memory;
  }

  @Test
  void everyPageAloneIsThatOfTheWholeMemory() {
    byte[] memory = decompressed();
    RelocatedPages pages = RelocatedPages.of(image());
    assertThat(pages.count()).isEqualTo(9);
    for (int page = 0; page < pages.count(); page++) {
      assertThat(pages.at(page, 1, SLIDE))
          .as("page %d", page)
          .isEqualTo(Arrays.copyOfRange(memory, page * PAGE, (page + 1) * PAGE));
    }
    assertThat(pages.at(1, 5, SLIDE)).isEqualTo(Arrays.copyOfRange(memory, PAGE, 6 * PAGE));
  }

  @Test
  void whatLiesBeyondTheImageIsZeros() {
    assertThat(RelocatedPages.of(image()).at(20, 2, SLIDE)).containsOnly(0);
  }
}
