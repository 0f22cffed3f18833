package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.paging.ExecutableRange;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The supervisor-executable memory of a guest as its own page tables show it. Its bytes are held,
 * or given back: read again page by page then when somebody asks in a round.
 *
 * <p>A page that is mapped executable but cannot be read is not code of zeros: it splits its range
 * and is listed in {@link #unreadablePages()}.
 */
public final class CodeMemory {
  private static final long UNKNOWN = -1;

  private static final int NONE = -1;

  private final List<CodeRegion> regions;

  /** Index of the largest region, in which most of what is asked for lies. */
  private final int largest;

  private final List<GuestVirtualAddress> unreadablePages;
  private final boolean budgetExhausted;
  private long nonBlankBytes = UNKNOWN;

  /** Who reads the bytes again that were given back; empty while all are held. */
  private Optional<GivenBackCode> givenBack = Optional.empty();

  private CodeMemory(
      List<CodeRegion> regions,
      List<GuestVirtualAddress> unreadable,
      boolean budgetExhausted,
      long nonBlankBytes) {
    this.regions = List.copyOf(regions);
    this.largest =
        IntStream.range(0, regions.size())
            .boxed()
            .max(Comparator.comparingInt(index -> regions.get(index).length()))
            .orElse(NONE);
    this.unreadablePages = List.copyOf(unreadable);
    this.budgetExhausted = budgetExhausted;
    this.nonBlankBytes = nonBlankBytes;
  }

  /** Code that was read or predicted elsewhere. */
  public static CodeMemory of(CodeRegion region) {
    return new CodeMemory(List.of(region), List.of(), false, UNKNOWN);
  }

  /** Reads all that {@code executable} lists of the kernel's, up to the budget's bytes. */
  public static CodeMemory read(
      ExecutableMemory executable, PageSource pages, ExplorationBudget budget) {
    return read(executable.kernelRanges(), executable, pages, budget, true);
  }

  /**
   * The same for tables that cannot forbid execution (32-bit paging, or EFER.NXE clear): all that
   * is mapped, devices' registers included, is executable there and means nothing. What is mapped
   * writable is left out, so that control flow into it is as wrong as into memory that cannot be
   * executed; unless all is writable.
   */
  public static CodeMemory readWithoutNoExecute(
      ExecutableMemory executable, PageSource pages, ExplorationBudget budget) {
    return read(fixed(executable), executable, pages, budget, true);
  }

  /**
   * Looks which of it can be read, and holds none of it: it is given back from the beginning.
   *
   * @param space whose executable memory it is
   */
  static CodeMemory lookedAt(
      AddressSpace space, ExecutableMemory executable, PageSource pages, ExplorationBudget budget) {
    List<ExecutableRange> ranges =
        space.canForbidExecution() ? executable.kernelRanges() : fixed(executable);
    CodeMemory code = read(ranges, executable, pages, budget, false);
    code.giveBack();
    return code;
  }

  private static List<ExecutableRange> fixed(ExecutableMemory executable) {
    List<ExecutableRange> fixed =
        executable.kernelRanges().stream().filter(range -> !range.rights().writable()).toList();
    return fixed.isEmpty() ? executable.kernelRanges() : fixed;
  }

  private static CodeMemory read(
      List<ExecutableRange> ranges,
      ExecutableMemory executable,
      PageSource pages,
      ExplorationBudget budget,
      boolean keeps) {
    CodeReader reader = new CodeReader(pages, budget.codeBytes(), keeps);
    reader.read(ranges);
    return new CodeMemory(
        reader.regions(),
        reader.unreadable(),
        reader.exhausted() || executable.budgetExhausted(),
        reader.nonBlankBytes());
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
    return regions.stream().mapToLong(CodeRegion::length).sum();
  }

  /** Bytes of all regions that are not blank. */
  public long nonBlankBytes() {
    if (nonBlankBytes == UNKNOWN) {
      nonBlankBytes = regions.stream().mapToLong(CodeRegion::nonBlankBytes).sum();
    }
    return nonBlankBytes;
  }

  /** The same code for somebody else, whatever becomes of this. */
  CodeMemory asItIs() {
    return new CodeMemory(
        regions.stream().map(CodeRegion::asItIs).toList(),
        unreadablePages,
        budgetExhausted,
        nonBlankBytes);
  }

  /**
   * Gives back the bytes, which are read again page by page when somebody asks in a round, see
   * {@link #inRound}. From now on no page may change: {@link #holds} and {@link #replace} need what
   * is gone.
   *
   * @throws IllegalArgumentException if it was not read from a guest
   */
  public void giveBack() {
    if (isGivenBack()) {
      return;
    }
    nonBlankBytes();
    GivenBackCode code = new GivenBackCode();
    List<CodeRegion> bySize =
        regions.stream().sorted(Comparator.comparingInt(CodeRegion::length).reversed()).toList();
    for (int place = 0; place < bySize.size(); place++) {
      bySize.get(place).giveBack(code, place);
    }
    givenBack = Optional.of(code);
  }

  /**
   * Reads again all that was given back and holds it, for who goes through all of it. Needs a
   * round.
   */
  public void hold() {
    if (isGivenBack()) {
      regions.forEach(CodeRegion::hold);
      givenBack = Optional.empty();
    }
  }

  /** Whether the bytes were given back. */
  public boolean isGivenBack() {
    return givenBack.isPresent();
  }

  /**
   * Does something in a round, in which the guest stands still: bytes that were given back can be
   * read again, and what regions give out stands until it ends. A thread is in one round at a time.
   *
   * @param guest as it is now
   * @throws IllegalStateException if this thread reads code of another guest again
   */
  public <T> T inRound(PageSource guest, Supplier<T> work) {
    return givenBack.isPresent() ? givenBack.get().inRound(guest, work) : work.get();
  }

  /**
   * Whether the page at {@code address}, in one of the regions, holds these bytes.
   *
   * @throws IllegalStateException if the bytes were given back
   */
  public boolean holds(long address, PageBytes content) {
    CodeRegion region = regions.get(indexOf(address));
    int at = region.offsetOf(address);
    int from = content.backingOffset();
    return Arrays.equals(
        region.held(),
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
   * @throws IllegalStateException if the bytes were given back
   */
  public void replace(long address, PageBytes content) {
    CodeRegion region = regions.get(indexOf(address));
    int page = region.offsetOf(address);
    int from = region.countedFrom(page);
    int to = region.countedTo(page + PageBytes.SIZE);
    long before = nonBlankBytes();
    long then = region.nonBlankBytes(from, to);
    content.copyTo(0, region.own(), page, PageBytes.SIZE);
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
    if (largest >= 0 && regions.get(largest).contains(address)) {
      return largest;
    }
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
    return NONE;
  }
}
