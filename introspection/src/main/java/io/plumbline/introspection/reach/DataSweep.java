package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.util.Optional;

/**
 * Looks through what a piece of data has on one page, each word for the first piece that has it,
 * and tells where the pointers lead. Pointers that code goes through are looked at by themselves.
 */
final class DataSweep {
  private final ReachNodes nodes;
  private final DataMemory memory;
  private final CodeMemory code;
  private final ReachTargets targets;
  private final PointerWords words;
  private final int wordBytes;

  /** A bit for each word of a page that is looked at; null for all of them. */
  private long[] wanted;

  DataSweep(ReachNodes nodes, DataMemory memory, CodeMemory code, ReachTargets targets) {
    this.nodes = nodes;
    this.memory = memory;
    this.code = code;
    this.targets = targets;
    this.words = memory.words();
    this.wordBytes = words.bytes();
  }

  /**
   * Looks at some words of pages only from now on.
   *
   * @param some a bit for each word; null for all of them
   */
  void lookAt(long[] some) {
    wanted = some;
  }

  /** Tells where a piece leads that has part of the page. */
  void sweep(DataPage page, int node, ReachSink sink) {
    Optional<PageBytes> bytes = page.memory.bytes();
    if (bytes.isEmpty()) {
      return;
    }
    PageBytes content = bytes.get();
    long key = nodes.key(node);
    boolean ofCode = isPointerOfCode(node);
    int from = from(page, node);
    int to = to(page, node);
    if (ofCode) {
      for (int at = from; at < to; at += wordBytes) {
        int pointed = nodes.of(ReachNodes.Kind.POINTED, words.at(content, at));
        sink.leads(pointed, ReachKey.called(key), at);
      }
    } else {
      page.firstLook(from, to, wanted, at -> look(words.at(content, at), key, at, sink));
    }
  }

  /**
   * Takes in that a piece of data on a page is new among others, or is reached in a better way by
   * the same step: all of its words lead on with its key, if that is better. See {@link
   * CodeSweep#takeIn}.
   *
   * @return false if a piece has some of its words that another step takes up
   */
  boolean takeIn(DataPage page, int node, ReachSink sink) {
    if (isPointerOfCode(node)) {
      sweep(page, node, sink);
      return true;
    }
    int from = from(page, node);
    int to = to(page, node);
    int step = ReachKey.stepOf(nodes.key(node));
    for (int i = 0; i < page.entryCount(); i++) {
      int other = page.entry(i);
      if (ReachKey.stepOf(nodes.key(other)) != step
          && !isPointerOfCode(other)
          && from(page, other) < to
          && from < to(page, other)) {
        return false;
      }
    }
    if (page.knowsSeen()) {
      page.firstLook(from, to, null, at -> {});
    }
    page.memory
        .bytes()
        .ifPresent(
            content -> {
              for (int at = from; at < to; at += wordBytes) {
                look(words.at(content, at), nodes.key(node), at, sink);
              }
            });
    return true;
  }

  private int from(DataPage page, int node) {
    long address = nodes.address(node);
    long start = isPointerOfCode(node) ? address : address & -wordBytes;
    return (int) Math.max(0, start - page.address);
  }

  private int to(DataPage page, int node) {
    return (int) Math.min(PageBytes.SIZE, nodes.end(node) - page.address);
  }

  /** Notes which words of a page were looked at for all that enters but what came last. */
  void seeAllButLast(DataPage page) {
    page.clear();
    for (int i = 0; i < page.entryCount() - 1; i++) {
      int node = page.entry(i);
      if (!isPointerOfCode(node)) {
        page.firstLook(from(page, node), to(page, node), null, at -> {});
      }
    }
  }

  /** Whether code goes through a piece: it ends with the first word that is no pointer to code. */
  boolean isPointerOfCode(int node) {
    ReachNodes.Kind kind = nodes.kind(node);
    return kind == ReachNodes.Kind.SLOT || kind == ReachNodes.Kind.TABLE;
  }

  private void look(long word, long key, int at, ReachSink sink) {
    if (!words.mayLead(word)) {
      return;
    }
    int target = targets.pointed(word, ReachKey.depthOf(key));
    if (target >= 0) {
      long reached =
          switch (nodes.kind(target)) {
            case READ_ONLY -> ReachKey.called(ReachKey.at(ReachStep.READ_ONLY_DATA, key));
            case WRITABLE -> ReachKey.called(ReachKey.at(ReachStep.WRITABLE_DATA, key));
            case HEAP -> ReachKey.deepened(ReachKey.at(ReachStep.HEAP, key));
            default -> ReachKey.called(key);
          };
      sink.leads(target, reached, at);
    }
  }

  /**
   * Whether one of some words of a page is an address of code, so that pointers that code goes
   * through may go further.
   *
   * @param some a bit for each word
   */
  boolean leadToCode(DataPage page, long[] some) {
    Optional<PageBytes> bytes = page.memory.bytes();
    for (int block = 0; bytes.isPresent() && block < some.length; block++) {
      for (long left = some[block]; left != 0; left &= left - 1) {
        int word = block * Long.SIZE + Long.numberOfTrailingZeros(left);
        if (isCode(words.at(bytes.get(), word * wordBytes))) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean isCode(long address) {
    return memory.sees(address) && code.indexOf(address) >= 0;
  }

  /**
   * The byte after the last of some pointers that code goes through.
   *
   * @param most of them
   */
  long endOfTable(long start, int most) {
    long at = start;
    for (int entry = 0; entry < most; entry++) {
      Optional<PageBytes> page = memory.pageAt(at).bytes();
      int offset = (int) at & PageBytes.SIZE - 1;
      if (page.isEmpty()
          || offset > PageBytes.SIZE - wordBytes
          || !isCode(words.at(page.get(), offset))) {
        return at;
      }
      at += wordBytes;
    }
    return at;
  }
}
