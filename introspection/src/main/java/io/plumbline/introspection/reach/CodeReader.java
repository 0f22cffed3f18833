package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.RisingNumbers;
import io.plumbline.introspection.paging.ExecutableRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads executable memory, so that a page that cannot be read splits its range. */
final class CodeReader {
  private static final int PAGE = PageBytes.SIZE;
  private static final int LARGEST_REGION = 1 << 30;

  private final List<CodeRegion> regions = new ArrayList<>();
  private final List<GuestVirtualAddress> unreadable = new ArrayList<>();
  private final PageSource pages;
  private final boolean keeps;
  private long bytesLeft;
  private boolean exhausted;
  private long nonBlankBytes;

  /** Pages that the run may have, and those that it has. */
  private int most;

  private int size;

  private long runStart;
  private boolean writable;

  /** The frame of each page of the run. */
  private long[] frames = {};

  /** Their bytes, if they are kept. */
  private byte[] run = {};

  private BlankRuns blank = new BlankRuns();

  /**
   * @param bytes that may be read
   * @param keeps whether regions hold their bytes
   */
  CodeReader(PageSource pages, long bytes, boolean keeps) {
    this.pages = pages;
    this.bytesLeft = bytes;
    this.keeps = keeps;
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
    most = (int) Math.min(Math.min(bytes, bytesLeft), LARGEST_REGION) / PAGE;
    frames = new long[most];
    run = new byte[keeps ? most * PAGE : 0];
    size = 0;
    for (ExecutableRange range : neighbours) {
      boolean mayBeWritten = range.rights().writable();
      range.forEachPage((va, frame) -> readPage(va, frame, mayBeWritten));
    }
    finishRun();
  }

  private void readPage(long va, long frame, boolean mayBeWritten) {
    if (bytesLeft < PAGE || size == most) {
      exhausted = true;
      return;
    }
    bytesLeft -= PAGE;
    Optional<PageBytes> page = pages.readUnwatched(new FrameNumber(frame));
    if (page.isEmpty()) {
      unreadable.add(new GuestVirtualAddress(va));
      finishRun();
      return;
    }
    if (size == 0) {
      runStart = va;
      writable = false;
    }
    writable |= mayBeWritten;
    take(page.get(), frame);
  }

  private void take(PageBytes page, long frame) {
    int from = page.backingOffset();
    blank.add(page.backingArray(), from, from + PAGE);
    if (keeps) {
      page.copyTo(0, run, size * PAGE, PAGE);
    }
    frames[size++] = frame;
  }

  private void finishRun() {
    if (size > 0) {
      boolean isAll = size == most;
      byte[] bytes = !keeps ? null : isAll ? run : Arrays.copyOf(run, size * PAGE);
      RisingNumbers read = RisingNumbers.of(Arrays.copyOf(frames, size), 1);
      regions.add(new CodeRegion(runStart, read, bytes, writable));
      nonBlankBytes += (long) size * PAGE - blank.bytes();
      blank = new BlankRuns();
      size = 0;
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

  /** Bytes of them that are not blank. */
  long nonBlankBytes() {
    return nonBlankBytes;
  }

  /** Whether there was more than may be read. */
  boolean exhausted() {
    return exhausted;
  }
}
