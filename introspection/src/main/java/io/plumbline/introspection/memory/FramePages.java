package io.plumbline.introspection.memory;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.function.LongConsumer;

/** Which of some pages, by their number, a guest's frames hold. Immutable. */
public final class FramePages {
  /** Bits of a page's number beside a frame's. */
  private static final int PAGE_BITS = 22;

  /** Frames in their order, each with the page's number in the lower bits. */
  private final long[] pages;

  private FramePages(long[] pages) {
    this.pages = pages;
  }

  /**
   * Those of a guest.
   *
   * @param frames of each page, -1 if it is not mapped
   * @param pages how many there are, at most 4,194,304
   */
  public static FramePages of(long[] frames, int pages) {
    if (pages > 1 << PAGE_BITS) {
      throw new IllegalArgumentException(
          "pages of frames: expected at most " + (1 << PAGE_BITS) + ", found " + pages);
    }
    long[] mapped = new long[pages];
    int count = 0;
    for (int page = 0; page < pages; page++) {
      if (frames[page] >= 0) {
        mapped[count++] = frames[page] << PAGE_BITS | page;
      }
    }
    long[] sorted = Arrays.copyOf(mapped, count);
    Arrays.sort(sorted);
    return new FramePages(sorted);
  }

  /** Whether every page that a frame holds passes. */
  public boolean allOf(long frame, IntPredicate test) {
    long first = frame << PAGE_BITS;
    int found = Arrays.binarySearch(pages, first);
    for (int i = found < 0 ? -found - 1 : found;
        i < pages.length && pages[i] >>> PAGE_BITS == frame;
        i++) {
      if (!test.test((int) (pages[i] - first))) {
        return false;
      }
    }
    return true;
  }

  /** Visits the frame of each page. */
  public void forEach(LongConsumer visitor) {
    for (long page : pages) {
      visitor.accept(page >>> PAGE_BITS);
    }
  }
}
