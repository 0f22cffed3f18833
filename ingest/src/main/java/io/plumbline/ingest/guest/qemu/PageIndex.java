package io.plumbline.ingest.guest.qemu;

import io.plumbline.ingest.guest.file.ImageException;
import java.util.Arrays;

/**
 * Where in the file each page of one RAM block lies. A stream brings pages in any order and more
 * than once; the last one counts.
 *
 * <p>8 bytes a page, in runs of 512 pages that exist only once a page in them was seen: 0.2 % of
 * the guest's RAM. An attacker can claim 16 TiB in thousands of blocks and scatter pages over them,
 * therefore all indexes of a stream share one {@link Budget}.
 */
final class PageIndex {
  private static final int PAGES_PER_RUN = 512;
  private static final long BYTES_PER_RUN = PAGES_PER_RUN * (long) Long.BYTES + 32;
  private static final long ABSENT = 0;

  /** Bytes of heap that the indexes of one stream may take. */
  static final class Budget {
    private final String file;
    private long left;

    Budget(String file, long bytes) {
      this.file = file;
      this.left = bytes;
    }

    /** A quarter of the largest heap: room for the index of a guest 128 times the heap's size. */
    static Budget ofThisHeap(String file) {
      return new Budget(file, Runtime.getRuntime().maxMemory() / 4);
    }

    private void take(long bytes) throws ImageException {
      left -= bytes;
      if (left < 0) {
        throw new ImageException(
            file
                + ": index of the guest's pages: expected to fit in a quarter of the Java heap, found more;"
                + " give the JVM a larger heap (-Xmx) if the guest is really that large");
      }
    }
  }

  private final long pages;
  private final long[][] runs;
  private final Budget budget;

  /**
   * An index with no page.
   *
   * @param pages of the block, at most 2^32
   * @throws ImageException if the budget is too small even for that
   */
  PageIndex(long pages, Budget budget) throws ImageException {
    long count = (pages + PAGES_PER_RUN - 1) / PAGES_PER_RUN;
    budget.take(count * Long.BYTES);
    this.pages = pages;
    this.runs = new long[(int) count][];
    this.budget = budget;
  }

  /** Page {@code page} has its 4096 bytes at {@code offset} of the file. */
  void at(long page, long offset) throws ImageException {
    run(page)[(int) (page % PAGES_PER_RUN)] = offset;
  }

  /** Every byte of page {@code page} is {@code fill}, 0 to 255. */
  void filled(long page, int fill) throws ImageException {
    run(page)[(int) (page % PAGES_PER_RUN)] = -1L - fill;
  }

  /** Whether the stream brought the page at all. */
  boolean has(long page) {
    return entry(page) != ABSENT;
  }

  /** Pages of the block that the stream did not bring. */
  long absent() {
    long present = 0;
    for (long[] run : runs) {
      if (run != null) {
        present += Arrays.stream(run).filter(entry -> entry != ABSENT).count();
      }
    }
    return pages - present;
  }

  /** Whether all bytes of the page are the same and therefore nowhere in the file. */
  boolean isFilled(long page) {
    return entry(page) < 0;
  }

  /** The byte that {@link #isFilled} is about. */
  int fill(long page) {
    return (int) (-1 - entry(page));
  }

  /** The offset in the file of a page that {@link #has} and not {@link #isFilled}. */
  long offset(long page) {
    return entry(page);
  }

  private long entry(long page) {
    long[] run = runs[(int) (page / PAGES_PER_RUN)];
    return run == null ? ABSENT : run[(int) (page % PAGES_PER_RUN)];
  }

  private long[] run(long page) throws ImageException {
    int at = (int) (page / PAGES_PER_RUN);
    if (runs[at] == null) {
      budget.take(BYTES_PER_RUN);
      runs[at] = new long[PAGES_PER_RUN];
    }
    return runs[at];
  }
}
