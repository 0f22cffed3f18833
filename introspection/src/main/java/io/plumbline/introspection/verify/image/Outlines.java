package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.golden.image.ImageOutline;
import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.roots.HardwareRoot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;

/** Makes outlines of images. */
public final class Outlines {
  private static final int SAMPLES = 256;
  private static final String TEXT = ".text";

  private Outlines() {}

  /**
   * The outline of an image.
   *
   * @param functionDigests of the image's functions, ascending as signed numbers
   */
  public static ImageOutline of(KernelImage image, long[] functionDigests) {
    ImageEntries entries = ImageEntries.of(image);
    List<long[]> rows = new ArrayList<>();
    for (int vector : entries.vectors()) {
      for (long offset : entries.of(HardwareRoot.Kind.IDT_GATE, vector)) {
        rows.add(new long[] {vector, offset});
      }
    }
    for (HardwareRoot.Kind kind : HardwareRoot.Kind.values()) {
      for (long offset : entries.of(kind, HardwareRoot.NO_VECTOR)) {
        rows.add(new long[] {numberOf(kind, HardwareRoot.NO_VECTOR), offset});
      }
    }
    int[] places = places(image);
    return new ImageOutline(
        rows.stream().mapToInt(row -> (int) row[0]).toArray(),
        rows.stream().mapToLong(row -> row[1]).toArray(),
        places,
        samples(image, places),
        pages(image),
        Arrays.stream(functionDigests).filter(ImageOutline::keeps).toArray());
  }

  /** The number that stands for a root in an outline, the same in every version. */
  static int numberOf(HardwareRoot.Kind kind, int vector) {
    return switch (kind) {
      case IDT_GATE -> vector;
      case LSTAR -> ImageOutline.FIRST_REGISTER;
      case CSTAR -> ImageOutline.FIRST_REGISTER + 1;
      case SYSENTER -> ImageOutline.FIRST_REGISTER + 2;
      case FRED -> ImageOutline.FIRST_REGISTER + 3;
    };
  }

  private static int[] places(KernelImage image) {
    Optional<ImageSection> text = image.section(TEXT);
    int length = text.map(section -> section.bytes().length).orElse(0);
    int bytes = ImageOutline.SAMPLE_BYTES;
    int step = Math.max(bytes, length / SAMPLES & -bytes);
    int[] places = new int[length / step];
    for (int i = 0; i < places.length; i++) {
      // Sections begin on pages, so that no sample lies in two.
      places[i] = text.get().offset() + i * step;
    }
    return places;
  }

  private static byte[] samples(KernelImage image, int[] places) {
    byte[] samples = new byte[places.length * ImageOutline.SAMPLE_BYTES];
    image
        .section(TEXT)
        .ifPresent(
            text -> {
              for (int i = 0; i < places.length; i++) {
                System.arraycopy(
                    text.bytes(),
                    places[i] - text.offset(),
                    samples,
                    i * ImageOutline.SAMPLE_BYTES,
                    ImageOutline.SAMPLE_BYTES);
              }
            });
    return samples;
  }

  private static char[] pages(KernelImage image) {
    int end = 0;
    for (ImageSection section : image.sections()) {
      end = section.writable() || section.offset() < 0 ? end : Math.max(end, section.end());
    }
    char[] pages = new char[(end + PageBytes.SIZE - 1) / PageBytes.SIZE];
    CRC32 checksum = new CRC32();
    for (ImageSection section : image.sections()) {
      int at = section.offset();
      while (!section.writable() && at >= 0 && at < section.end()) {
        int page = at / PageBytes.SIZE;
        int next = Math.min(section.end(), (page + 1) * PageBytes.SIZE);
        checksum.reset();
        checksum.update(pages[page]);
        checksum.update(pages[page] >>> Byte.SIZE);
        checksum.update(section.bytes(), at - section.offset(), next - at);
        pages[page] = (char) checksum.getValue();
        at = next;
      }
    }
    return pages;
  }
}
