package io.plumbline.introspection.golden.image;

import io.plumbline.introspection.memory.PageBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The memory that a kernel's image takes, as its decompressor leaves it: sections in their places,
 * addresses moved by the slide, zeros between. What a guest of the build holds differs from it only
 * where the kernel wrote, so that its pages can be told as differences.
 *
 * @param image the kernel; pages count from its base
 * @param count pages from the base to the end of its memory, what is cleared at boot included
 */
public record RelocatedPages(KernelImage image, int count) {
  private static final int PAGE = PageBytes.SIZE;

  /** 2 GiB from the base on nothing of a kernel is linked. */
  private static final int MOST_PAGES = Integer.MAX_VALUE / PAGE;

  /** Fields that begin before a page may end in it. */
  private static final int MARGIN = Long.BYTES;

  /** The pages of {@code image}. */
  public static RelocatedPages of(KernelImage image) {
    long sections = image.sections().stream().mapToLong(ImageSection::end).max().orElse(0);
    long end = Math.max(sections, end(image.symbols()));
    return new RelocatedPages(image, (int) Math.min(MOST_PAGES, (end + PAGE - 1) / PAGE));
  }

  /** Where {@code _end} lies, 0 if it does not. It is one of the last, and asked for often. */
  private static long end(ImageSymbols symbols) {
    int at = symbols.size() - 1;
    while (at >= 0 && !symbols.names().get(at).equals("_end")) {
      at--;
    }
    return at < 0 ? 0 : symbols.offsets()[at];
  }

  /**
   * A copy of consecutive pages.
   *
   * @param first page, from 0; what lies beyond the image is zeros
   * @param slide bytes between where the image is linked and where the guest has it
   */
  public byte[] at(int first, int pages, long slide) {
    long from = (long) first * PAGE - MARGIN;
    byte[] window = new byte[pages * PAGE + 2 * MARGIN];
    for (ImageSection section : image.sections()) {
      long start = Math.max(from, section.offset());
      long end = Math.min(from + window.length, section.end());
      if (start < end) {
        System.arraycopy(
            section.bytes(),
            (int) (start - section.offset()),
            window,
            (int) (start - from),
            (int) (end - start));
      }
    }
    ByteBuffer fields = ByteBuffer.wrap(window).order(ByteOrder.LITTLE_ENDIAN);
    ImageRelocations moved = image.relocations();
    add(fields, from, moved.absolute32(), Integer.BYTES, slide);
    add(fields, from, moved.inverse32(), Integer.BYTES, -slide);
    add(fields, from, moved.absolute64(), Long.BYTES, slide);
    return Arrays.copyOfRange(window, MARGIN, window.length - MARGIN);
  }

  private static void add(ByteBuffer fields, long from, int[] offsets, int bytes, long amount) {
    int next = Arrays.binarySearch(offsets, (int) Math.max(0, from));
    for (int i = next < 0 ? -next - 1 : next; i < offsets.length; i++) {
      int at = (int) (offsets[i] - from);
      if (at + bytes > fields.capacity()) {
        return;
      }
      if (bytes == Long.BYTES) {
        fields.putLong(at, fields.getLong(at) + amount);
      } else {
        fields.putInt(at, fields.getInt(at) + (int) amount);
      }
    }
  }
}
