package io.plumbline.introspection.paging;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Walks all tables of an address space once and collects what is executable.
 *
 * <p>Tables may form any graph: a table may name itself, or be shared between a million places. The
 * depth is bounded by the mode's levels. A table under which nothing executable lies is remembered
 * and not walked again from another place; what does hold code is mapped anew at every place that
 * leads there, is really executable there, and is bounded by the budget. The upper half of the
 * addresses goes first, so that user mappings cannot eat the kernel's share of the budget.
 *
 * <p>A U/S bit above does not end a descent: one clear U/S bit further down makes a supervisor
 * page. An XD bit above does, once the top table's own mapping has been found.
 */
final class ExecutableSweep {
  /** What lies under a table. */
  private static final int NOTHING = 0;

  /** Something that a second visit from another place would report again. */
  private static final int SOMETHING = 1;

  private static final int KERNEL_CODE = 2;

  private final AddressSpace space;
  private final List<TableLevel> levels;
  private final WalkBudget budget;
  private final long rootFrame;
  private final RunCollector kernel = new RunCollector();
  private final RunCollector user = new RunCollector();
  private final Set<FrameNumber> tables = new HashSet<>();
  private final Set<FrameNumber> userTables = new HashSet<>();
  private final Set<Long> barren = new HashSet<>();
  private final List<UnreadableTable> unreadable = new ArrayList<>();
  private long malformed;
  private long entries;
  private long pages;
  private int runs;
  private boolean exhausted;
  private boolean mapsOwnRoot;

  ExecutableSweep(AddressSpace space, WalkBudget budget) {
    this.space = space;
    this.levels = space.levels();
    this.budget = budget;
    this.rootFrame = space.rootAddress() >>> FrameNumber.SHIFT;
  }

  ExecutableMemory run() {
    if (space.mode() == PagingMode.UNPAGED) {
      long all = 1L << (space.mode().addressBits() - FrameNumber.SHIFT);
      collect(0, 0, all, Rights.WRITABLE | Rights.EXECUTABLE);
    } else {
      sweepRoot();
    }
    userTables.removeAll(tables);
    return new ExecutableMemory(
        kernel.ranges(),
        user.ranges(),
        !space.executionPrevention(),
        tables,
        userTables,
        unreadable,
        malformed,
        entries,
        exhausted,
        view());
  }

  private KernelView view() {
    if (space.mode() == PagingMode.UNPAGED) {
      return KernelView.UNPAGED;
    }
    if (mapsOwnRoot) {
      return KernelView.KERNEL_TABLES;
    }
    return exhausted || !unreadable.isEmpty() ? KernelView.UNDETERMINED : KernelView.USER_TABLES;
  }

  private void sweepRoot() {
    TableLevel top = levels.get(0);
    Optional<PageBytes> page = read(space.rootAddress(), 0, 0, Rights.ALL);
    if (page.isPresent()) {
      tables.add(new FrameNumber(rootFrame));
      int half = top.entries() / 2;
      sweepEntries(page.get(), space.rootAddress(), 0, 0, Rights.ALL, half, top.entries());
      sweepEntries(page.get(), space.rootAddress(), 0, 0, Rights.ALL, 0, half);
    }
  }

  private int sweepTable(long address, int depth, long va, int rights) {
    long frame = address >>> FrameNumber.SHIFT;
    TableLevel level = levels.get(depth);
    Long visit = frame << 5 | (long) level.number() << 2 | visitRights(rights);
    if (barren.contains(visit)) {
      return NOTHING;
    }
    Optional<PageBytes> page = read(address, depth, va, rights);
    if (page.isEmpty()) {
      return SOMETHING;
    }
    int found = sweepEntries(page.get(), address, depth, va, rights, 0, level.entries());
    boolean forUser = (rights & Rights.USER) != 0 && (found & KERNEL_CODE) == 0;
    (forUser ? userTables : tables).add(new FrameNumber(frame));
    if (found == NOTHING && !exhausted) {
      barren.add(visit);
    }
    return found;
  }

  /** The inherited rights that decide what is found below: user and executable, in two bits. */
  private static long visitRights(int rights) {
    return (rights & Rights.USER) >> 1 | (rights & Rights.EXECUTABLE);
  }

  private Optional<PageBytes> read(long address, int depth, long va, int rights) {
    TableLevel level = levels.get(depth);
    FrameNumber frame = new FrameNumber(address >>> FrameNumber.SHIFT);
    Optional<PageBytes> page = space.readTable(address);
    if (page.isEmpty() && spendRun()) {
      unreadable.add(
          new UnreadableTable(
              frame,
              level.number(),
              new GuestVirtualAddress(space.mode().canonical(va)),
              level.span() * level.entries(),
              Rights.of(rights)));
    }
    return page;
  }

  private int sweepEntries(
      PageBytes page, long address, int depth, long va, int rights, int from, int to) {
    if (entries + (to - from) > budget.entries()) {
      exhausted = true;
      return SOMETHING;
    }
    entries += to - from;
    TableLevel level = levels.get(depth);
    int start = (int) address & (PageBytes.SIZE - 1);
    int found = NOTHING;
    for (int index = from; index < to && !exhausted; index++) {
      long entry = Walk.entry(page, start + index * level.entryBytes(), level.entryBytes());
      if (entry != 0) {
        found |= sweepEntry(level, entry, depth, va | (long) index << level.indexShift(), rights);
      }
    }
    return found;
  }

  private int sweepEntry(TableLevel level, long entry, int depth, long va, int rights) {
    return switch (level.classify(entry)) {
      case NOT_PRESENT -> NOTHING;
      case RESERVED_BITS -> {
        malformed++;
        yield NOTHING;
      }
      case PAGE -> {
        long frame = level.mappedPage(entry) >>> FrameNumber.SHIFT;
        yield visitPage(va, frame, level.span() / PageBytes.SIZE, level.narrow(rights, entry));
      }
      case TABLE -> {
        int below = level.narrow(rights, entry);
        boolean mayHoldCode = (below & Rights.EXECUTABLE) != 0;
        yield mayHoldCode || !mapsOwnRoot
            ? sweepTable(level.nextTable(entry), depth + 1, va, below)
            : NOTHING;
      }
    };
  }

  private int visitPage(long va, long frame, long count, int rights) {
    boolean forUser = (rights & Rights.USER) != 0;
    if (!forUser && rootFrame - frame >= 0 && rootFrame - frame < count) {
      mapsOwnRoot = true;
    }
    if ((rights & Rights.EXECUTABLE) == 0 || (forUser && space.executionPrevention())) {
      return NOTHING;
    }
    collect(space.mode().canonical(va), frame, count, rights);
    return forUser ? SOMETHING : SOMETHING | KERNEL_CODE;
  }

  private void collect(long va, long frame, long count, int rights) {
    long affordable = Math.min(count, budget.pages() - pages);
    if (affordable > 0) {
      RunCollector collector = (rights & Rights.USER) != 0 ? user : kernel;
      if (collector.add(va, frame, affordable, rights)) {
        spendRun();
      }
      pages += affordable;
    }
    exhausted |= affordable < count;
  }

  private boolean spendRun() {
    runs++;
    exhausted |= runs >= budget.runs();
    return runs <= budget.runs();
  }
}
