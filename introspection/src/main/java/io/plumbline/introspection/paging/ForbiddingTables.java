package io.plumbline.introspection.paging;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.util.List;
import java.util.Optional;

/**
 * Whether page tables were made for a processor that knows XD: some present entry has bit 63 set
 * (Intel SDM volume 3A, section 4.1.4), which nobody who keeps it reserved would do.
 */
final class ForbiddingTables {
  /** A kernel's data is forbidden to execute, so that a few tables tell. */
  private static final int MOST_TABLES = 256;

  private final PagingMode mode;
  private final PageSource pages;
  private int tablesLeft = MOST_TABLES;

  private ForbiddingTables(PagingMode mode, PageSource pages) {
    this.mode = mode;
    this.pages = pages;
  }

  /** Looks at the tables that CR3 names, the upper half of the addresses first. */
  static boolean areSeen(VcpuState vcpu, PageSource pages) {
    PagingMode mode = PagingMode.of(vcpu);
    List<TableLevel> levels = mode.levels();
    if (levels.isEmpty() || levels.get(0).entryBytes() < Long.BYTES) {
      return false;
    }
    return new ForbiddingTables(mode, pages).isSeenIn(mode.root(vcpu.control().cr3()), 0);
  }

  private boolean isSeenIn(long table, int depth) {
    TableLevel level = mode.levels().get(depth);
    Optional<PageBytes> page =
        tablesLeft-- > 0
            ? pages.readTable(new FrameNumber(table >>> FrameNumber.SHIFT))
            : Optional.empty();
    if (page.isEmpty()) {
      return false;
    }
    int start = (int) table & PageBytes.SIZE - 1;
    for (int index = level.entries() - 1; index >= 0; index--) {
      long entry = page.get().longAt(start + index * Long.BYTES);
      TableLevel.Entry kind = level.classify(entry);
      boolean present = kind == TableLevel.Entry.TABLE || kind == TableLevel.Entry.PAGE;
      boolean below = kind == TableLevel.Entry.TABLE && tablesLeft > 0;
      if ((present && entry < 0) || (below && isSeenIn(level.nextTable(entry), depth + 1))) {
        return true;
      }
    }
    return false;
  }
}
