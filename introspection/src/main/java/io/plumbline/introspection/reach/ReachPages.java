package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;

/** The pages that something reached lies on, and which of them a node is made of. */
final class ReachPages {
  private static final int PAGE = PageBytes.SIZE;

  private final ReachNodes nodes;
  private final CodeMemory code;
  private final DataMemory memory;
  private final List<ReachedPage> all = new ArrayList<>();
  private final CodePage[][] codePages;

  ReachPages(ReachNodes nodes, CodeMemory code, DataMemory memory) {
    this.nodes = nodes;
    this.code = code;
    this.memory = memory;
    this.codePages =
        code.regions().stream()
            .map(region -> new CodePage[region.length() / PAGE])
            .toArray(CodePage[][]::new);
  }

  /**
   * Takes the pages of another guest that are reached as there.
   *
   * @param move the address that each has here
   * @return whether all of them are here, and of the same kind
   */
  boolean take(List<ReachedPage> others, LongUnaryOperator move) {
    for (ReachedPage page : others) {
      long address = move.applyAsLong(page.address);
      boolean taken =
          page instanceof CodePage found
              ? take(found, address)
              : page instanceof DataPage data && take(data, address);
      if (!taken) {
        return false;
      }
    }
    return true;
  }

  private boolean take(CodePage page, long address) {
    int region = code.indexOf(address);
    if (region < 0) {
      return false;
    }
    CodeRegion lies = code.regions().get(region);
    CodePage taken = new CodePage(page, lies, address);
    codePages[region][taken.base / PAGE] = taken;
    all.add(taken);
    return true;
  }

  private boolean take(DataPage page, long address) {
    DataMemory.Page here = memory.pageAt(address);
    DataPage taken = new DataPage(page, here, address);
    here.reached(taken);
    all.add(taken);
    return here.kind() == page.memory.kind();
  }

  List<ReachedPage> all() {
    return all;
  }

  ReachedPage numbered(int number) {
    return all.get(number);
  }

  /** The page of code around an address that is some. */
  CodePage code(long address) {
    int region = code.indexOf(address);
    CodeRegion lies = code.regions().get(region);
    int index = lies.offsetOf(address) / PAGE;
    if (codePages[region][index] == null) {
      codePages[region][index] = new CodePage(lies, address & -PAGE, all.size());
      all.add(codePages[region][index]);
    }
    return codePages[region][index];
  }

  /** The page of code around an address; null if nothing was seen of it. */
  CodePage codeIfMet(long address) {
    int region = code.indexOf(address);
    return region < 0
        ? null
        : codePages[region][code.regions().get(region).offsetOf(address) / PAGE];
  }

  /**
   * Visits the pages that a node is made of. A piece of data ends before a page that is no data;
   * pointers that code goes through have the page with the word behind them as well, which says
   * that they end.
   */
  void forEachOf(int node, Consumer<ReachedPage> visitor) {
    if (nodes.kind(node) == ReachNodes.Kind.CODE) {
      visitor.accept(code(nodes.address(node)));
      return;
    }
    boolean withNext =
        nodes.kind(node) == ReachNodes.Kind.SLOT || nodes.kind(node) == ReachNodes.Kind.TABLE;
    long first = nodes.address(node) & -PAGE;
    long bytes = nodes.end(node) - first + (withNext ? 1 : 0);
    for (long at = 0; at < bytes; at += PAGE) {
      DataMemory.Page page = memory.pageAt(first + at);
      if (page.kind() == DataMemory.Kind.NONE || page.kind() == DataMemory.Kind.CODE) {
        return;
      }
      visitor.accept(data(first + at, page));
    }
  }

  private DataPage data(long address, DataMemory.Page page) {
    if (page.reached() == null) {
      page.reached(new DataPage(page, memory.wordBytes(), address, all.size()));
      all.add(page.reached());
    }
    return page.reached();
  }

  /** Bytes, about, that are not another guest's, too. */
  long heldBytes() {
    return all.stream().mapToLong(ReachedPage::heldBytes).sum();
  }

  /** Adds the bytes of all followed instructions, by the step that is needed for them. */
  void addBytes(long[] byStep) {
    for (CodePage[] region : codePages) {
      for (int i = 0; i < region.length; i++) {
        if (region[i] != null) {
          region[i].addBytes(byStep, 1, i + 1 < region.length ? region[i + 1] : null);
        }
      }
    }
  }

  /** Adds those of a page, and of the one before it that may reach into it. */
  void addBytes(long[] byStep, int sign, CodePage page) {
    page.addBytes(byStep, sign, codeIfMet(page.address + PAGE));
    CodePage before = codeIfMet(page.address - PAGE);
    if (before != null && before.region.equals(page.region)) {
      before.addBytes(byStep, sign, page);
    }
  }
}
