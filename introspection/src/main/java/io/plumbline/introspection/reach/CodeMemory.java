package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.paging.ExecutableRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The supervisor-executable memory of a guest as its own page tables show it, read once.
 *
 * <p>A page that is mapped executable but cannot be read is not code of zeros: it splits its range
 * and is listed in {@link #unreadablePages()}.
 */
public final class CodeMemory {
  private static final long UNKNOWN = -1;

  private final List<CodeRegion> regions;
  private final List<GuestVirtualAddress> unreadablePages;
  private final boolean budgetExhausted;
  private long nonBlankBytes = UNKNOWN;

  private CodeMemory(
      List<CodeRegion> regions, List<GuestVirtualAddress> unreadable, boolean budgetExhausted) {
    this.regions = List.copyOf(regions);
    this.unreadablePages = List.copyOf(unreadable);
    this.budgetExhausted = budgetExhausted;
  }

  /** Code that was read or predicted elsewhere. */
  public static CodeMemory of(CodeRegion region) {
    return new CodeMemory(List.of(region), List.of(), false);
  }

  /** Reads all that {@code executable} lists of the kernel's, up to the budget's bytes. */
  public static CodeMemory read(
      ExecutableMemory executable, PageSource pages, ExplorationBudget budget) {
    return read(executable, executable.kernelRanges(), pages, budget);
  }

  /**
   * The same for tables that cannot forbid execution (32-bit paging, or EFER.NXE clear): all that
   * is mapped, devices' registers included, is executable there and means nothing. What is mapped
   * writable is left out, so that control flow into it is as wrong as into memory that cannot be
   * executed; unless all is writable.
   */
  public static CodeMemory readWithoutNoExecute(
      ExecutableMemory executable, PageSource pages, ExplorationBudget budget) {
    List<ExecutableRange> fixed =
        executable.kernelRanges().stream().filter(range -> !range.rights().writable()).toList();
    return read(executable, fixed.isEmpty() ? executable.kernelRanges() : fixed, pages, budget);
  }

  private static CodeMemory read(
      ExecutableMemory executable,
      List<ExecutableRange> ranges,
      PageSource pages,
      ExplorationBudget budget) {
    Reader reader = new Reader(pages, budget.codeBytes());
    contiguous(ranges).forEach(reader::read);
    return new CodeMemory(
        reader.regions, reader.unreadable, reader.exhausted || executable.budgetExhausted());
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

  /** The readable runs in ascending order. */
  public List<CodeRegion> regions() {
    return regions;
  }

  /** Executable pages that could not be read. */
  public List<GuestVirtualAddress> unreadablePages() {
    return unreadablePages;
  }

  /** Whether there is executable memory beyond the budget, which nobody looked at. */
  public boolean budgetExhausted() {
    return budgetExhausted;
  }

  /** Bytes of all regions. */
  public long bytes() {
    return regions.stream().mapToLong(region -> region.bytes().length).sum();
  }

  /** Bytes of all regions that are not blank. */
  public long nonBlankBytes() {
    if (nonBlankBytes == UNKNOWN) {
      nonBlankBytes = regions.stream().mapToLong(CodeRegion::nonBlankBytes).sum();
    }
    return nonBlankBytes;
  }

  /** Whether the page at {@code address}, in one of the regions, holds these bytes. */
  public boolean holds(long address, PageBytes content) {
    CodeRegion region = regions.get(indexOf(address));
    int at = region.offsetOf(address);
    int from = content.backingOffset();
    return Arrays.equals(
        region.bytes(),
        at,
        at + PageBytes.SIZE,
        content.backingArray(),
        from,
        from + PageBytes.SIZE);
  }

  /**
   * Takes in that a page changed.
   *
   * @param address of its first byte, in one of the regions
   */
  public void replace(long address, PageBytes content) {
    CodeRegion region = regions.get(indexOf(address));
    int page = region.offsetOf(address);
    int from = region.countedFrom(page);
    int to = region.countedTo(page + PageBytes.SIZE);
    long before = nonBlankBytes();
    long then = region.nonBlankBytes(from, to);
    content.copyTo(0, region.bytes(), page, PageBytes.SIZE);
    nonBlankBytes = before + region.nonBlankBytes(from, to) - then;
  }

  /** The region that holds {@code address}, or empty if it is not readable executable memory. */
  public Optional<CodeRegion> regionAt(long address) {
    int index = indexOf(address);
    return index < 0 ? Optional.empty() : Optional.of(regions.get(index));
  }

  /** The regions that share a byte with the memory from {@code start} up to {@code end}. */
  public List<CodeRegion> regionsBetween(long start, long end) {
    int low = 0;
    int high = regions.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      CodeRegion region = regions.get(middle);
      // Distances and not ends: a region may end at 2^64.
      boolean before = Long.compareUnsigned(region.start(), start) < 0 && !region.contains(start);
      low = before ? middle + 1 : low;
      high = before ? high : middle;
    }
    int from = low;
    while (low < regions.size() && meets(regions.get(low), start, end)) {
      low++;
    }
    return regions.subList(from, low);
  }

  private static boolean meets(CodeRegion region, long start, long end) {
    return region.contains(start) || Long.compareUnsigned(region.start() - start, end - start) < 0;
  }

  /** The index in {@link #regions()} of the region that holds {@code address}, or -1. */
  int indexOf(long address) {
    int low = 0;
    int high = regions.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      CodeRegion region = regions.get(middle);
      if (region.contains(address)) {
        return middle;
      }
      if (Long.compareUnsigned(region.start(), address) < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  private static final class Reader {
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

    Reader(PageSource pages, long bytes) {
      this.pages = pages;
      this.bytesLeft = bytes;
    }

    void read(List<ExecutableRange> neighbours) {
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
  }
}
