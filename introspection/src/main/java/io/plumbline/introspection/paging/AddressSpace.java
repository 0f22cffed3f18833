package io.plumbline.introspection.paging;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestPhysicalAddress;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The virtual memory that one CR3 shows, read through a {@link PageSource}. Caches nothing: it is
 * as current as its pages are. For loops over many addresses see {@link VirtualMemory}.
 */
public final class AddressSpace {
  /** Where the top table is, for all spaces that have the same tables. */
  private static final class Root {
    private long address;

    Root(long address) {
      this.address = address;
    }
  }

  /** Instead of a frame's number: nothing is mapped there, or nobody can tell. */
  static final long NO_FRAME = -1;

  private static final int PAGE_OFFSET = PageBytes.SIZE - 1;

  private final PagingMode mode;
  private final List<TableLevel> levels;
  private final long[] pageSizes;
  private final Root root;
  private final boolean writeProtect;
  private final boolean executionPrevention;
  private final boolean noExecute;
  private final PageSource pages;
  private final PageSource content;

  private AddressSpace(VcpuState vcpu, long cr3, boolean xdCounts, PageSource pages) {
    this.mode = PagingMode.of(vcpu);
    this.levels = mode.levels(vcpu.control().pageSizeExtensions(), xdCounts);
    this.pageSizes = new long[PagingMode.FIVE_LEVEL.levels().size() + 1];
    this.pageSizes[0] = PageBytes.SIZE;
    levels.forEach(level -> pageSizes[level.number()] = level.span());
    this.root = new Root(mode.root(cr3));
    this.writeProtect = vcpu.control().writeProtect();
    this.executionPrevention = vcpu.control().supervisorModeExecutionPrevention();
    this.noExecute = mode != PagingMode.BITS_32 && xdCounts;
    this.pages = pages;
    this.content = pages;
  }

  private AddressSpace(AddressSpace tables, PageSource content) {
    this.mode = tables.mode;
    this.levels = tables.levels;
    this.pageSizes = tables.pageSizes;
    this.root = tables.root;
    this.writeProtect = tables.writeProtect;
    this.executionPrevention = tables.executionPrevention;
    this.noExecute = tables.noExecute;
    this.pages = tables.pages;
    this.content = content;
  }

  /** The same tables; what they lead to is read from {@code content}. */
  public AddressSpace over(PageSource content) {
    return new AddressSpace(this, content);
  }

  /** What {@code vcpu} sees of the guest's memory. */
  public static AddressSpace of(VcpuState vcpu, PageSource pages) {
    return of(vcpu, vcpu.control().cr3(), pages);
  }

  /**
   * What {@code vcpu} would see if it were set up as its page tables were made: with EFER.NXE clear
   * bit 63 is reserved (Intel SDM volume 3A, section 4.1.4), so that a guest whose tables use it
   * would vanish from sight with that one bit.
   */
  public static AddressSpace asMade(VcpuState vcpu, PageSource pages) {
    boolean made = vcpu.noExecute() || ForbiddingTables.areSeen(vcpu, pages);
    return new AddressSpace(vcpu, vcpu.control().cr3(), made, pages);
  }

  /** What {@code vcpu} would see with {@code cr3} loaded, as by a switch of tasks. */
  public static AddressSpace of(VcpuState vcpu, long cr3, PageSource pages) {
    return new AddressSpace(vcpu, cr3, vcpu.noExecute(), pages);
  }

  /** The paging mode of the vCPU. */
  public PagingMode mode() {
    return mode;
  }

  /** The frame of the table that CR3 names; meaningless when unpaged. */
  public FrameNumber root() {
    return new FrameNumber(root.address >>> FrameNumber.SHIFT);
  }

  /**
   * Goes on with another CR3 of the same vCPU, as after a switch of tasks. So do all spaces that
   * were made of this one.
   */
  public void moveTo(long cr3) {
    root.address = mode.root(cr3);
  }

  /** Whether the supervisor may run code from a page with these rights (CR4.SMEP, section 4.6). */
  public boolean supervisorMayExecute(Rights rights) {
    return rights.executable() && !(rights.user() && executionPrevention);
  }

  /** Whether the supervisor may write a page with these rights (CR0.WP, section 4.6). */
  public boolean supervisorMayWrite(Rights rights) {
    return rights.writable() || !writeProtect;
  }

  /** Walks the tables for one address. */
  public Translation translate(GuestVirtualAddress address) {
    return Walk.describe(walk(address.value()), address.offsetInPage(), pageSizes);
  }

  /** The frame number that {@code va} is mapped to, or -1 for whatever reason it is not. */
  public long translateToFrame(long va) {
    return translateToFrame(va, null);
  }

  /**
   * The same.
   *
   * @param seen is told where the walk ended; null for nobody
   */
  long translateToFrame(long va, CachedWalk seen) {
    long walk = walk(va, seen);
    return walk < 0 ? NO_FRAME : Walk.frame(walk);
  }

  /** Whether {@code va} is mapped and the supervisor may run code there. */
  public boolean isSupervisorExecutable(long va) {
    long walk = walk(va);
    return walk >= 0 && supervisorMayExecute(Walk.rights(walk));
  }

  /** The 4 KiB page around an address; empty if it is not mapped or its frame not readable. */
  public Optional<PageBytes> readPage(GuestVirtualAddress address) {
    long frame = translateToFrame(address.value());
    return frame < 0 ? Optional.empty() : content.read(new FrameNumber(frame));
  }

  /**
   * The entries that a walk for an address reads, that of the top table first. The last one maps
   * the address or ends the walk; there are fewer if a table cannot be read or the address is none.
   */
  public List<TableEntry> entriesTo(GuestVirtualAddress address) {
    List<TableEntry> entries = new ArrayList<>();
    if (!mode.has(address.value())) {
      return entries;
    }
    long table = root.address;
    for (TableLevel level : levels) {
      long at = table + level.entryOffset(address.value());
      Optional<PageBytes> page = readTable(at);
      if (page.isEmpty()) {
        break;
      }
      long value = Walk.entry(page.get(), (int) at & PAGE_OFFSET, level.entryBytes());
      TableEntry entry = new TableEntry(level, new GuestPhysicalAddress(at), value);
      entries.add(entry);
      if (!entry.namesTable()) {
        break;
      }
      table = level.nextTable(value);
    }
    return entries;
  }

  /** All code that the supervisor may run, found by a sweep of all tables within the budget. */
  public ExecutableMemory executableMemory(WalkBudget budget) {
    return new ExecutableSweep(this, budget).run();
  }

  /** Whether entries of these tables have an XD bit that counts (section 4.1.4). */
  public boolean canForbidExecution() {
    return noExecute;
  }

  boolean executionPrevention() {
    return executionPrevention;
  }

  List<TableLevel> levels() {
    return levels;
  }

  long rootAddress() {
    return root.address;
  }

  /** The page of a table, by the address of anything in it. */
  Optional<PageBytes> readTable(long address) {
    return pages.readTable(new FrameNumber(address >>> FrameNumber.SHIFT));
  }

  /** Where the pages are read from. */
  public PageSource pages() {
    return content;
  }

  private long walk(long va) {
    return walk(va, null);
  }

  private long walk(long va, CachedWalk seen) {
    if (!mode.has(va)) {
      return Walk.failed(Walk.NOT_CANONICAL, 0, 0);
    }
    if (mode == PagingMode.UNPAGED) {
      return Walk.mapped(va >>> FrameNumber.SHIFT, 0, Rights.WRITABLE | Rights.EXECUTABLE);
    }
    long table = root.address;
    int rights = Rights.ALL;
    // The last level's entries are pages or faults, so the loop returns before it ends.
    for (TableLevel level : levels) {
      long tableFrame = table >>> FrameNumber.SHIFT;
      Optional<PageBytes> page = readTable(table);
      if (page.isEmpty()) {
        return Walk.failed(Walk.UNREADABLE, tableFrame, level.number());
      }
      int offset = (int) table & PAGE_OFFSET;
      long entry = Walk.entry(page.get(), offset + level.entryOffset(va), level.entryBytes());
      TableLevel.Entry says = level.classify(entry);
      if (seen != null && says != TableLevel.Entry.TABLE) {
        seen.ended(va, level, page.get(), offset);
      }
      switch (says) {
        case NOT_PRESENT -> {
          return Walk.failed(Walk.NOT_MAPPED, tableFrame, level.number());
        }
        case RESERVED_BITS -> {
          return Walk.failed(Walk.MALFORMED, tableFrame, level.number());
        }
        case PAGE -> {
          long address = level.mappedPage(entry) + (va & (level.span() - 1));
          return Walk.mapped(
              address >>> FrameNumber.SHIFT, level.number(), level.narrow(rights, entry));
        }
        case TABLE -> {
          rights = level.narrow(rights, entry);
          table = level.nextTable(entry);
        }
      }
    }
    throw new IllegalStateException(mode + ": the last level named a table");
  }
}
