package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.ExecutableRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads executable memory, so that a page that cannot be read splits its range. */
final class CodeReader {
  private static final int LARGEST_REGION = 1 << 30;

  private final List<CodeRegion> regions = new ArrayList<>();
  private final List<GuestVirtualAddress> unreadable = new ArrayList<>();
  private final PageSource pages;
  private long bytesLeft;
  private boolean exhausted;

  private byte[] run = new byte[0];
  private int used;
  private long runStart;
  private boolean writable;

  /**
   * @param bytes that may be read
   */
  CodeReader(PageSource pages, long bytes) {
    this.pages = pages;
    this.bytesLeft = bytes;
  }

  /** Reads ranges, in ascending order. */
  void read(List<ExecutableRange> ranges) {
    contiguous(ranges).forEach(this::readNeighbours);
  }

  /** Neighbours in one group: execution crosses from one to the next whatever may be written. */
  private static List<List<ExecutableRange>> contiguous(List<ExecutableRange> ranges) {
    List<List<ExecutableRange>> groups = new ArrayList<>();
    long end = 0;
    for (ExecutableRange range : ranges) {
      if (groups.isEmpty() || range.start().value() != end) {
        groups.add(new ArrayList<>());
      }
      groups.get(groups.size() - 1).add(range);
      end = range.start().value() + range.length();
    }
    return groups;
  }

  private void readNeighbours(List<ExecutableRange> neighbours) {
    long bytes = neighbours.stream().mapToLong(ExecutableRange::length).sum();
    run = new byte[(int) Math.min(Math.min(bytes, bytesLeft), LARGEST_REGION)];
    used = 0;
    for (ExecutableRange range : neighbours) {
      boolean mayBeWritten = range.rights().writable();
      range.forEachPage((va, frame) -> readPage(va, frame, mayBeWritten));
    }
    finishRun();
  }

  private void readPage(long va, long frame, boolean mayBeWritten) {
    if (bytesLeft < PageBytes.SIZE || used > run.length - PageBytes.SIZE) {
      exhausted = true;
      return;
    }
    bytesLeft -= PageBytes.SIZE;
    Optional<PageBytes> page = pages.readUnwatched(new FrameNumber(frame));
    if (page.isEmpty()) {
      unreadable.add(new GuestVirtualAddress(va));
      finishRun();
      return;
    }
    if (used == 0) {
      runStart = va;
      writable = false;
    }
    writable |= mayBeWritten;
    page.get().copyTo(0, run, used, PageBytes.SIZE);
    used += PageBytes.SIZE;
  }

  private void finishRun() {
    if (used > 0) {
      byte[] bytes = used == run.length ? run : Arrays.copyOf(run, used);
      regions.add(new CodeRegion(runStart, bytes, writable));
      run = used == run.length ? new byte[0] : run;
      used = 0;
    }
  }

  /** The runs that could be read. */
  List<CodeRegion> regions() {
    return regions;
  }

  /** Pages that could not be read. */
  List<GuestVirtualAddress> unreadable() {
    return unreadable;
  }

  /** Whether there was more than may be read. */
  boolean exhausted() {
    return exhausted;
  }
}
