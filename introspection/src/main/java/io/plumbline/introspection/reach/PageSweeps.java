package io.plumbline.introspection.reach;

import java.util.BitSet;

/** Sweeps pages from what enters them, and counts what is followed on all of them. */
final class PageSweeps {
  /** A guest that is wrong in more places than this is not better described by more of them. */
  static final int MOST_REFUSALS = 1024;

  private final ReachNodes nodes;
  private final ReachPages pages;
  private final CodeSweep codeSweep;
  private final DataSweep dataSweep;
  private final long mostInstructions;
  private final long[] bytes = new long[ReachStep.values().length];
  private final BitSet refusing = new BitSet();
  private boolean keepsBytes;
  private long instructions;
  private int refusals;

  PageSweeps(
      ReachNodes nodes,
      ReachPages pages,
      CodeSweep codeSweep,
      DataSweep dataSweep,
      long mostInstructions) {
    this.nodes = nodes;
    this.pages = pages;
    this.codeSweep = codeSweep;
    this.dataSweep = dataSweep;
    this.mostInstructions = mostInstructions;
  }

  /** Goes by what is known of code from now on. */
  void goBy(KnownCodeReader known) {
    codeSweep.goBy(known);
  }

  /** Takes note that the page of code at an address may hold something else from now on. */
  void codeChanged(long address) {
    codeSweep.codeChanged(address);
  }

  /** Instructions that are followed. */
  long instructions() {
    return instructions;
  }

  /**
   * Goes on as who followed so many instructions on these pages; keeps the sum of bytes.
   *
   * @param sum of their bytes, see {@link #bytes}
   */
  void continueFrom(long before, long[] sum) {
    instructions = before;
    keepsBytes = true;
    System.arraycopy(sum, 0, bytes, 0, bytes.length);
  }

  /** Sweeps a page from one more entry, which comes after all others. */
  void one(ReachedPage page, int node, ReachSink sink) {
    if (page instanceof CodePage code) {
      countBytes(code, -1);
      long before = code.instructions();
      int refusedBefore = code.refusals();
      sweep(page, node, sink);
      instructions += code.instructions() - before;
      refusals += code.refusals() - refusedBefore;
      refusing.set(page.number, code.refusals() > 0);
      countBytes(code, 1);
    } else if (page instanceof DataPage data) {
      if (!data.knowsSeen()) {
        dataSweep.seeAllButLast(data);
      }
      sweep(data, node, sink);
    }
  }

  /**
   * Takes in that an entry of a page is new among others, or is reached in a better way by the same
   * step, without sweeping the others.
   *
   * @return false if the whole page has to be swept
   */
  boolean takeIn(ReachedPage page, int node, ReachSink sink) {
    boolean isTakenIn =
        page instanceof CodePage code
            ? takeIn(code, node, sink)
            : dataSweep.takeIn((DataPage) page, node, sink);
    if (isTakenIn) {
      page.sort(nodes);
    }
    return isTakenIn;
  }

  private boolean takeIn(CodePage page, int node, ReachSink sink) {
    countBytes(page, -1);
    long before = page.instructions();
    codeSweep.allow(mostInstructions - instructions);
    boolean isTakenIn = codeSweep.takeIn(page, node, nodes, sink);
    instructions += page.instructions() - before;
    countBytes(page, 1);
    return isTakenIn;
  }

  /** Sweeps a page from all of its entries as if nothing were known of it; where it leads. */
  ReachEdges all(ReachedPage page, EdgeCollector collector) {
    page.sort(nodes);
    collector.begin();
    if (page instanceof CodePage code) {
      countBytes(code, -1);
      instructions -= code.instructions();
      refusals -= code.refusals();
      code.clear();
      sweepAll(page, collector);
      instructions += code.instructions();
      refusals += code.refusals();
      refusing.set(page.number, code.refusals() > 0);
      countBytes(code, 1);
    } else if (page instanceof DataPage data) {
      data.clear();
      sweepAll(page, collector);
    }
    return collector.gathered();
  }

  /**
   * Sweeps a page of data as if nothing were known of it, but looks at some words only.
   *
   * @param some a bit for each word
   */
  void some(DataPage page, long[] some, ReachSink sink) {
    if (!page.isEnteredAsKind()) {
      page.sort(nodes);
    }
    page.clear();
    dataSweep.lookAt(some);
    sweepAll(page, sink);
    dataSweep.lookAt(null);
  }

  private void sweepAll(ReachedPage page, ReachSink sink) {
    for (int i = 0; i < page.entryCount(); i++) {
      sweep(page, page.entry(i), sink);
    }
  }

  private void sweep(ReachedPage page, int node, ReachSink sink) {
    if (page instanceof CodePage code) {
      codeSweep.allow(mostInstructions - instructions);
      sweep(code, node, sink);
    } else if (page instanceof DataPage data) {
      dataSweep.sweep(data, node, sink);
    }
  }

  /** Sweeps a page that nobody counts, to see again what an entry led to. */
  void again(CodePage page, int node) {
    codeSweep.allow(Long.MAX_VALUE);
    sweep(page, node, (target, key, site) -> {});
  }

  private void sweep(CodePage page, int node, ReachSink sink) {
    codeSweep.sweep(page, (int) (nodes.address(node) - page.address), nodes.key(node), sink);
  }

  private void countBytes(CodePage page, int sign) {
    if (keepsBytes) {
      pages.addBytes(bytes, sign, page);
    }
  }

  /** Keeps the sum of bytes from now on: summing them up takes longer than a small change. */
  void keepBytes() {
    keepsBytes = true;
    pages.addBytes(bytes);
  }

  /** Bytes of followed instructions by the step, by place, that is needed for them. */
  long[] bytes() {
    if (keepsBytes) {
      return bytes.clone();
    }
    long[] all = new long[bytes.length];
    pages.addBytes(all);
    return all;
  }

  /** Numbers of pages with instructions that were not admitted. */
  BitSet refusing() {
    return refusing;
  }

  /** Whether more is followed, or not admitted, than may be. */
  boolean isOverBound() {
    return instructions >= mostInstructions || refusals > MOST_REFUSALS;
  }
}
