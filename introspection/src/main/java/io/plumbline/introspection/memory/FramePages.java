package io.plumbline.introspection.memory;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntPredicate;
import java.util.function.LongConsumer;

/** Which of some pages, by their number, a guest's frames hold. Immutable. */
public final class FramePages {
  /** Bits of a page's number beside a frame's. */
  private static final int PAGE_BITS = 22;

  /** Pages that are kept as one because their frames follow each other as they do. */
  private static final int MOST_IN_RUN = 64;

  /** Of each run the first frame, with the first page's number in the lower bits, in order. */
  private final long[] runs;

  private final byte[] lengths;

  private FramePages(long[] runs, byte[] lengths) {
    this.runs = runs;
    this.lengths = lengths;
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
    long[] starts = new long[pages];
    int count = 0;
    BitSet ends = new BitSet();
    int first = 0;
    for (int page = 0; page < pages; page++) {
      boolean goesOn =
          page > first
              && page - first < MOST_IN_RUN
              && frames[page - 1] >= 0
              && frames[page] == frames[page - 1] + 1;
      if (!goesOn) {
        first = page;
        ends.set(page);
        if (frames[page] >= 0) {
          starts[count++] = (frames[page] << PAGE_BITS) | page;
        }
      }
    }
    ends.set(pages);
    long[] runs = Arrays.copyOf(starts, count);
    Arrays.sort(runs);
    byte[] lengths = new byte[count];
    for (int run = 0; run < count; run++) {
      lengths[run] = (byte) (ends.nextSetBit(pageOf(runs[run]) + 1) - pageOf(runs[run]));
    }
    return new FramePages(runs, lengths);
  }

  private static int pageOf(long start) {
    return (int) (start & ((1L << PAGE_BITS) - 1));
  }

  /** Whether every page that a frame holds passes. */
  public boolean allOf(long frame, IntPredicate test) {
    // What holds it begins fewer frames before it than a run has.
    long earliest = Math.max(0, frame - MOST_IN_RUN + 1) << PAGE_BITS;
    int found = Arrays.binarySearch(runs, earliest);
    for (int i = found < 0 ? -found - 1 : found;
        i < runs.length && runs[i] >>> PAGE_BITS <= frame;
        i++) {
      int along = (int) (frame - (runs[i] >>> PAGE_BITS));
      if (along < lengths[i] && !test.test(pageOf(runs[i]) + along)) {
        return false;
      }
    }
    return true;
  }

  /** Sees a page and its frame. */
  @FunctionalInterface
  public interface PageVisitor {
    /**
     * A page that a frame holds.
     *
     * @param page its number
     * @param frame number of the frame
     */
    void see(int page, long frame);
  }

  /** Visits each page that a frame holds. */
  public void forEach(PageVisitor visitor) {
    for (int run = 0; run < runs.length; run++) {
      for (int along = 0; along < lengths[run]; along++) {
        visitor.see(pageOf(runs[run]) + along, (runs[run] >>> PAGE_BITS) + along);
      }
    }
  }

  /** Visits the frame of each page. */
  public void forEach(LongConsumer visitor) {
    forEach((page, frame) -> visitor.accept(frame));
  }
}
