package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The data part of a {@link Fixpoint}: pieces of data that something led to are looked through word
 * by word, each word once; pointers to functions are handed to the traversal, pointers to data add
 * pieces, pointers to foreign code are kept.
 */
final class DataWalk {
  /** Pointers to foreign code that are kept; a guest that has more is not better described. */
  private static final int MOST_STRAYS = 1024;

  /** Numbers below are no addresses. */
  private static final long LOWEST = 1 << 16;

  private final GuestKernel kernel;
  private final Traversal traversal;
  private final PointerRule rule;
  private final DataBudget budget;
  private final DataMemory memory;
  private final Map<ReachStep, DataObjects> objects = new EnumMap<>(ReachStep.class);
  private final List<Fixpoint.Stray> strays = new ArrayList<>();
  private int objectCount;
  private boolean exhausted;

  DataWalk(GuestKernel kernel, Traversal traversal, PointerRule rule, DataBudget budget) {
    this.kernel = kernel;
    this.traversal = traversal;
    this.rule = rule;
    this.budget = budget;
    this.memory = new DataMemory(kernel, budget.pages());
    for (ReachStep step : ReachStep.values()) {
      objects.put(step, new DataObjects());
    }
  }

  /** What lies at an address. */
  DataMemory.Kind kindOf(long address) {
    return memory.pageAt(address).kind();
  }

  /** Bytes of a pointer. */
  int wordBytes() {
    return memory.wordBytes();
  }

  /** Looks through the pieces that wait for a step; whether there were any. */
  boolean lookThrough(ReachStep step) {
    DataObjects pieces = objects.get(step);
    boolean any = false;
    for (int next = pieces.take(); next >= 0; next = pieces.take()) {
      any = true;
      scan(pieces, next);
    }
    return any;
  }

  /**
   * Takes up the pointer at {@code slot}, which {@code function} goes through; whether it is one.
   */
  boolean goesThrough(long slot, long function) {
    DataMemory.Page page = memory.pageAt(slot);
    if (page.bytes().isEmpty() || !fits(slot)) {
      return false;
    }
    long target = wordOf(page.bytes().get(), slot);
    if (kernel.code().indexOf(target) < 0) {
      return false;
    }
    follow(target, slot, function);
    return true;
  }

  private boolean fits(long slot) {
    return (slot & PageBytes.SIZE - 1) <= PageBytes.SIZE - memory.wordBytes();
  }

  private long wordOf(PageBytes page, long slot) {
    int offset = (int) slot & PageBytes.SIZE - 1;
    return memory.wordBytes() == Long.BYTES
        ? page.longAt(offset)
        : page.intAt(offset) & 0xffff_ffffL;
  }

  private void follow(long target, long slot, long parent) {
    switch (rule.check(target)) {
      case FUNCTION -> traversal.add(target, slot, parent);
      case FOREIGN -> stray(new Fixpoint.Stray(slot, target, parent));
      case INSIDE -> {
        // A return address or a label: nobody says that control flow begins there.
      }
    }
  }

  private void stray(Fixpoint.Stray stray) {
    if (strays.size() < MOST_STRAYS) {
      strays.add(stray);
    } else {
      exhausted = true;
    }
  }

  /**
   * Adds the variable around an address.
   *
   * @param site address of the pointer, or of the instruction that holds the address
   * @param parent the function or piece of data that this belongs to
   */
  void addStatic(ReachStep step, long address, long site, long parent) {
    long start = rule.startOf(address);
    long end = rule.endOf(address);
    long most = start + budget.objectBytes();
    boolean open = end == start;
    addObject(step, start, open ? most : end, site, parent, 0);
  }

  private void addObject(ReachStep step, long start, long end, long site, long parent, int depth) {
    if (objectCount >= budget.objects()) {
      exhausted = true;
    } else if (objects.get(step).add(start, end, site, parent, depth)) {
      objectCount++;
    }
  }

  /** Looks at every word of a piece that nobody looked at before. */
  private void scan(DataObjects pieces, int index) {
    long object = pieces.start(index);
    long end = pieces.end(index);
    int depth = pieces.depth(index);
    int wordBytes = memory.wordBytes();
    for (long at = object & -wordBytes; at < end; at += wordBytes) {
      DataMemory.Page page = memory.pageAt(at);
      if (page.kind() == DataMemory.Kind.NONE || page.kind() == DataMemory.Kind.CODE) {
        return;
      }
      Optional<PageBytes> bytes = page.bytes();
      if (bytes.isEmpty()) {
        // The next page: there is nothing to see on this one.
        at = (at | PageBytes.SIZE - 1) + 1 - wordBytes;
      } else if (page.firstLook((int) at & PageBytes.SIZE - 1)) {
        look(wordOf(bytes.get(), at), at, object, depth);
      }
    }
  }

  private void look(long word, long slot, long object, int depth) {
    if ((word >= 0 && memory.wordBytes() == Long.BYTES) || Long.compareUnsigned(word, LOWEST) < 0) {
      return;
    }
    DataMemory.Kind kind = memory.pageAt(word).kind();
    if (kind == DataMemory.Kind.CODE) {
      follow(word, slot, object);
    } else if (kind != DataMemory.Kind.NONE && (word & memory.wordBytes() - 1) == 0) {
      if (memory.isStatic(word)) {
        addStatic(
            kind == DataMemory.Kind.READ_ONLY ? ReachStep.READ_ONLY_DATA : ReachStep.WRITABLE_DATA,
            word,
            slot,
            object);
      } else if (depth < budget.heapDepth()) {
        addObject(ReachStep.HEAP, word, word + budget.heapBytes(), slot, object, depth + 1);
      }
    }
  }

  /** What led to the piece that begins at {@code start}; null if there is none. */
  Traversal.Caller callerOf(long start) {
    return Arrays.stream(ReachStep.values())
        .map(step -> objects.get(step).callerOf(start))
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** Pieces that were looked through. */
  int objectsSeen() {
    return objects.values().stream().mapToInt(DataObjects::taken).sum();
  }

  /** Pointers to foreign code. */
  List<Fixpoint.Stray> strays() {
    return List.copyOf(strays);
  }

  /** Pages that could not be read. */
  int unreadablePages() {
    return memory.unreadablePages();
  }

  /** Pages that were met. */
  int pages() {
    return memory.pages();
  }

  /** Whether there was more than the bounds allow. */
  boolean exhausted() {
    return exhausted || memory.exhausted();
  }
}
