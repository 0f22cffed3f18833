package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.RandomAccess;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;

/**
 * The pages that something reached lies on, and which of them a node is made of. Between two rounds
 * they may be packed, and are unpacked one by one when somebody asks.
 */
final class ReachPages {
  static final int PAGE = PageBytes.SIZE;
  private static final int NONE = -1;

  /** Pages that stay as they are between two rounds, as most rounds ask for the same. */
  private static final int MOST_UNPACKED = 64;

  private final ReachNodes nodes;
  private final CodeMemory code;
  private final DataMemory memory;

  /** A page, what it is packed into, or null if it is what the kind has. */
  private final List<Object> all = new ArrayList<>();

  /** Numbers of those that are not packed. */
  private LongStack unpacked = new LongStack();

  private long packedBytes;

  /** How often pages were given back. */
  private int rounds;

  /** Of each page of code of each region the number, and one more; 0 if nothing was met there. */
  private final int[][] codePages;

  /** The pages of the kind of guest, by their numbers, and the address that each has here. */
  private List<ReachedPage> kinds = List.of();

  private LongUnaryOperator move = LongUnaryOperator.identity();

  ReachPages(ReachNodes nodes, CodeMemory code, DataMemory memory) {
    this.nodes = nodes;
    this.code = code;
    this.memory = memory;
    this.codePages =
        code.regions().stream()
            .map(region -> new int[region.length() / PAGE])
            .toArray(int[][]::new);
  }

  /**
   * Takes the pages of another guest, of which nothing changes any more, that are reached as there.
   *
   * @param move the address that each has here
   * @return whether all of them are here, and of the same kind
   */
  boolean take(List<ReachedPage> others, LongUnaryOperator move) {
    this.kinds = others;
    this.move = move;
    memory.goesOnFrom(others.size());
    for (ReachedPage page : others) {
      all.add(null);
      long address = move.applyAsLong(page.address);
      boolean taken =
          page instanceof CodePage
              ? take(page.number, address)
              : page instanceof DataPage data && take(data, address);
      if (!taken) {
        return false;
      }
    }
    return true;
  }

  private boolean take(int number, long address) {
    int region = code.indexOf(address);
    if (region < 0) {
      return false;
    }
    codePages[region][code.regions().get(region).offsetOf(address) / PAGE] = number + 1;
    return true;
  }

  private boolean take(DataPage page, long address) {
    DataMemory.Page here = memory.pageAt(address);
    if (here.kind() != page.memory.kind()) {
      return false;
    }
    here.reachedAs(page.number);
    return true;
  }

  /** All of them, by their numbers. */
  List<ReachedPage> all() {
    return new Numbered();
  }

  /** The pages by their numbers, each unpacked when it is asked for. */
  private final class Numbered extends AbstractList<ReachedPage> implements RandomAccess {
    @Override
    public ReachedPage get(int number) {
      return numbered(number);
    }

    @Override
    public int size() {
      return all.size();
    }
  }

  ReachedPage numbered(int number) {
    ReachedPage page = all.get(number) instanceof ReachedPage known ? known : unpacked(number);
    page.askedIn(rounds);
    return page;
  }

  private ReachedPage unpacked(int number) {
    byte[] packed = (byte[]) all.get(number);
    packedBytes -= packed == null ? 0 : packed.length;
    ReachedPage kind = number < kinds.size() ? kinds.get(number) : null;
    ReachedPage page;
    if (kind == null) {
      NumberReader in = new NumberReader(packed);
      page = nothingKnown(number, in);
      PagePacking.unpack(page, null, in);
    } else {
      page = asKind(kind);
      if (packed != null) {
        PagePacking.unpack(page, kind, new NumberReader(packed));
      }
    }
    all.set(number, page);
    unpacked.push(number);
    return page;
  }

  private ReachedPage asKind(ReachedPage kind) {
    long address = move.applyAsLong(kind.address);
    return kind instanceof CodePage page
        ? new CodePage(page, code.regions().get(code.indexOf(address)), address)
        : new DataPage((DataPage) kind, memory.pageAt(address), address);
  }

  private ReachedPage nothingKnown(int number, NumberReader in) {
    long first = in.next();
    if (PagePacking.isData(first)) {
      DataMemory.Page page = memory.placed(PagePacking.placeOf(first));
      return new DataPage(page, memory.wordBytes(), page.address(), number);
    }
    long address = in.nextSigned() * PAGE;
    return new CodePage(code.regions().get(code.indexOf(address)), address, number);
  }

  /**
   * Packs pages, but for a few that this round asked for, if it is not the first; nobody goes on
   * with one that was asked for before.
   *
   * @param staying is told what memory has of the data that is not packed
   */
  void giveBack(Consumer<DataMemory.Page> staying) {
    LongStack before = unpacked;
    unpacked = new LongStack();
    for (int i = 0; i < before.size(); i++) {
      int number = (int) before.get(i);
      ReachedPage page = (ReachedPage) all.get(number);
      if (unpacked.size() < MOST_UNPACKED && rounds > 0 && page.isAskedIn(rounds)) {
        unpacked.push(number);
        if (page instanceof DataPage data) {
          staying.accept(data.memory);
        }
      } else {
        pack(page);
      }
    }
    rounds++;
  }

  private void pack(ReachedPage page) {
    byte[] packed =
        page.number < kinds.size()
            ? PagePacking.pack(page, kinds.get(page.number))
            : PagePacking.pack(page);
    packedBytes += packed == null ? 0 : packed.length;
    all.set(page.number, packed);
  }

  private <P extends ReachedPage> P add(P page) {
    all.add(page);
    unpacked.push(page.number);
    return page;
  }

  /** The page of code around an address that is some. */
  CodePage code(long address) {
    int region = code.indexOf(address);
    CodeRegion lies = code.regions().get(region);
    int index = lies.offsetOf(address) / PAGE;
    int number = codePages[region][index] - 1;
    if (number == NONE) {
      codePages[region][index] = all.size() + 1;
      return add(new CodePage(lies, address & -PAGE, all.size()));
    }
    return (CodePage) numbered(number);
  }

  /** The page of code around an address; null if nothing was seen of it. */
  CodePage codeIfMet(long address) {
    int region = code.indexOf(address);
    int number =
        region < 0
            ? NONE
            : codePages[region][code.regions().get(region).offsetOf(address) / PAGE] - 1;
    return number == NONE ? null : (CodePage) numbered(number);
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
    if (page.reachedAs() == NONE) {
      page.reachedAs(all.size());
      return add(new DataPage(page, memory.wordBytes(), address, all.size()));
    }
    return (DataPage) numbered(page.reachedAs());
  }

  /** Bytes, about, that are not another guest's, too. */
  long heldBytes() {
    long bytes = packedBytes + (long) all.size() * (Long.BYTES + Integer.BYTES);
    for (int i = 0; i < unpacked.size(); i++) {
      bytes += numbered((int) unpacked.get(i)).heldBytes();
    }
    return bytes;
  }

  /** Adds the bytes of all followed instructions, by the step that is needed for them. */
  void addBytes(long[] byStep) {
    for (int[] region : codePages) {
      for (int i = 0; i < region.length; i++) {
        if (region[i] > 0) {
          boolean hasNext = i + 1 < region.length && region[i + 1] > 0;
          codePage(region[i]).addBytes(byStep, 1, hasNext ? codePage(region[i + 1]) : null);
        }
      }
    }
  }

  private CodePage codePage(int numberAndOne) {
    return (CodePage) numbered(numberAndOne - 1);
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
