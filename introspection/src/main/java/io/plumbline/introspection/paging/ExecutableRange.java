package io.plumbline.introspection.paging;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import java.util.List;

/**
 * Virtual memory without a gap and with the same rights throughout.
 *
 * @param start first byte, on a 4 KiB boundary
 * @param length bytes, a positive multiple of 4096
 * @param rights of every page in it
 * @param runs what lies behind it, in address order
 */
public record ExecutableRange(
    GuestVirtualAddress start, long length, Rights rights, List<Run> runs) {

  /**
   * Pages that follow each other in virtual and in physical memory.
   *
   * @param start virtual address of the first page
   * @param frame of the first page
   * @param pages 4 KiB pages
   */
  public record Run(GuestVirtualAddress start, FrameNumber frame, long pages) {}

  /** What is told of each page; plain numbers because kernels have thousands. */
  @FunctionalInterface
  public interface PageVisitor {
    /**
     * One 4 KiB page.
     *
     * @param va of its first byte
     * @param frame number
     */
    void page(long va, long frame);
  }

  public ExecutableRange {
    runs = List.copyOf(runs);
  }

  /** 4 KiB pages in the range. */
  public long pages() {
    return length / PageBytes.SIZE;
  }

  /** Whether the byte at {@code va} lies in the range. */
  public boolean contains(long va) {
    // A range may end at 2^64, so the distance is compared and not the end.
    return Long.compareUnsigned(va - start.value(), length) < 0;
  }

  /** Visits every page in address order. */
  public void forEachPage(PageVisitor visitor) {
    for (Run run : runs) {
      for (long page = 0; page < run.pages; page++) {
        visitor.page(run.start.value() + page * PageBytes.SIZE, run.frame.value() + page);
      }
    }
  }
}
