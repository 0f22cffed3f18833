package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.reach.References.Use;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that the hardware's roots lead to, through code and through the data that drives
 * control flow: data is trusted if trusted code uses it, what it points to is taken up, and so on
 * until nothing changes. Nothing here knows an operating system. Steps are taken in the order of
 * {@link ReachStep}, each to its end, so that each has a share of its own.
 */
public final class Fixpoint implements Provenance {
  /** Pointers to foreign code that are kept; a guest that has more is not better described. */
  private static final int MOST_STRAYS = 1024;

  /** Longer paths are cut; a finding has to stay readable. */
  static final int LONGEST_PATH = 64;

  /**
   * A pointer in reached data to executable memory that holds no trusted code.
   *
   * @param slot address of the pointer
   * @param target what it holds
   * @param object first byte of the piece of data that it was found in
   * @param heap whether that was allocated at run time
   */
  public record Stray(long slot, long target, long object, boolean heap) {}

  /**
   * What was reached when a step came to its end.
   *
   * @param bytes of instructions in all executable memory
   * @param instructions decoded
   * @param functions call targets and entries
   * @param objects pieces of data looked through
   */
  public record Reached(long bytes, long instructions, int functions, int objects) {}

  private final GuestKernel kernel;
  private final GatedExploration explored;
  private final Traversal traversal;
  private final References references;
  private final PointerRule rule;
  private final DataBudget budget;
  private final int tableEntries;
  private final DataMemory data;
  private final Map<ReachStep, DataObjects> objects = new EnumMap<>(ReachStep.class);
  private final Map<ReachStep, Reached> reached = new EnumMap<>(ReachStep.class);
  private final Map<ReachStep, LongStack> waiting = new EnumMap<>(ReachStep.class);
  private final List<Stray> strays = new ArrayList<>();
  private int seenReferences;
  private int objectCount;
  private boolean exhausted;

  private Fixpoint(
      GuestKernel kernel, GatedExploration explored, PointerRule rule, ExplorationBudget budget) {
    this.kernel = kernel;
    this.explored = explored;
    this.traversal = explored.traversal();
    this.references = explored.references();
    this.rule = rule;
    this.budget = budget.data();
    this.tableEntries = budget.tableEntries();
    this.data = new DataMemory(kernel, budget.data().pages());
    for (ReachStep step : ReachStep.values()) {
      objects.put(step, new DataObjects());
      waiting.put(step, new LongStack());
    }
  }

  /**
   * Goes on where direct flow ended.
   *
   * @param explored by direct flow from the roots; goes on with it
   * @param rule checks pointers
   */
  public static Fixpoint of(
      GuestKernel kernel, GatedExploration explored, PointerRule rule, ExplorationBudget budget) {
    Fixpoint fixpoint = new Fixpoint(kernel, explored, rule, budget);
    for (ReachStep step : ReachStep.values()) {
      fixpoint.toTheEndOf(step);
    }
    return fixpoint;
  }

  private void toTheEndOf(ReachStep last) {
    boolean more = true;
    while (more && !traversal.exhausted()) {
      classifyReferences();
      more = false;
      for (ReachStep step : ReachStep.values()) {
        if (step.compareTo(last) <= 0 && takeUp(step)) {
          more = true;
          traversal.follow();
          break;
        }
      }
    }
    int pieces = objects.values().stream().mapToInt(DataObjects::taken).sum();
    reached.put(
        last,
        new Reached(
            traversal.bytes(), traversal.instructions(), traversal.functionCount(), pieces));
  }

  /** Sorts what followed code holds into the steps that it belongs to. */
  private void classifyReferences() {
    for (; seenReferences < references.size(); seenReferences++) {
      long address = references.address(seenReferences);
      Use use = references.use(seenReferences);
      DataMemory.Page page = data.pageAt(address);
      ReachStep step =
          switch (page.kind()) {
            case NONE -> null;
            case CODE -> use == Use.TAKES ? ReachStep.CODE_ADDRESSES : null;
            case READ_ONLY -> ReachStep.READ_ONLY_DATA;
            case WRITABLE -> ReachStep.WRITABLE_DATA;
          };
      boolean pointers = use == Use.GOES_THROUGH || use == Use.INDEXES;
      if (step != null && step != ReachStep.CODE_ADDRESSES) {
        addStatic(
            step, address, references.site(seenReferences), references.function(seenReferences));
      }
      if (step == ReachStep.CODE_ADDRESSES) {
        waiting.get(step).push(seenReferences);
      } else if (step != null && pointers) {
        waiting.get(ReachStep.SLOTS).push(seenReferences);
      }
    }
  }

  /** Takes up what waits for a step; whether there was anything. */
  private boolean takeUp(ReachStep step) {
    LongStack indices = waiting.get(step);
    boolean any = !indices.isEmpty();
    for (int i = 0; i < indices.size(); i++) {
      takeUp((int) indices.get(i), step);
    }
    indices.clear();
    DataObjects pieces = objects.get(step);
    for (int next = pieces.take(); next >= 0; next = pieces.take()) {
      any = true;
      scan(pieces, next, step == ReachStep.HEAP);
    }
    return any;
  }

  private void takeUp(int reference, ReachStep step) {
    long address = references.address(reference);
    long function = references.function(reference);
    if (step == ReachStep.CODE_ADDRESSES) {
      if (rule.check(address) == PointerRule.Target.FUNCTION) {
        traversal.add(address, references.site(reference), function);
      }
      return;
    }
    boolean table = references.use(reference) == Use.INDEXES;
    int most = table ? tableEntries : 1;
    int entry = 0;
    while (entry < most && goesThrough(address + (long) entry * data.wordBytes(), function)) {
      entry++;
    }
    exhausted |= table && entry == most;
  }

  /** Takes up the pointer at {@code slot}; whether there is one. */
  private boolean goesThrough(long slot, long function) {
    DataMemory.Page page = data.pageAt(slot);
    if (page.bytes().isEmpty() || !fits(slot)) {
      return false;
    }
    long target = wordOf(page.bytes().get(), slot);
    if (kernel.code().indexOf(target) < 0) {
      return false;
    }
    follow(target, slot, function, false);
    return true;
  }

  private boolean fits(long slot) {
    return (slot & PageBytes.SIZE - 1) <= PageBytes.SIZE - data.wordBytes();
  }

  private long wordOf(PageBytes page, long slot) {
    int offset = (int) slot & PageBytes.SIZE - 1;
    return data.wordBytes() == Long.BYTES ? page.longAt(offset) : page.intAt(offset) & 0xffff_ffffL;
  }

  private void follow(long target, long slot, long parent, boolean heap) {
    switch (rule.check(target)) {
      case FUNCTION -> traversal.add(target, slot, parent);
      case FOREIGN -> stray(new Stray(slot, target, parent, heap));
      case INSIDE -> {
        // A return address or a label: nobody says that control flow begins there.
      }
    }
  }

  private void stray(Stray stray) {
    if (strays.size() < MOST_STRAYS) {
      strays.add(stray);
    } else {
      exhausted = true;
    }
  }

  private void addStatic(ReachStep step, long address, long site, long parent) {
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
  private void scan(DataObjects pieces, int index, boolean heap) {
    long object = pieces.start(index);
    long end = pieces.end(index);
    int depth = pieces.depth(index);
    int wordBytes = data.wordBytes();
    for (long at = object & -wordBytes; at < end; at += wordBytes) {
      DataMemory.Page page = data.pageAt(at);
      if (page.kind() == DataMemory.Kind.NONE || page.kind() == DataMemory.Kind.CODE) {
        return;
      }
      Optional<PageBytes> bytes = page.bytes();
      if (bytes.isEmpty()) {
        // The next page: there is nothing to see on this one.
        at = (at | PageBytes.SIZE - 1) + 1 - wordBytes;
      } else if (page.firstLook((int) at & PageBytes.SIZE - 1)) {
        look(wordOf(bytes.get(), at), at, object, depth, heap);
      }
    }
  }

  private void look(long word, long slot, long object, int depth, boolean heap) {
    if ((word >= 0 && data.wordBytes() == Long.BYTES) || Long.compareUnsigned(word, 1 << 16) < 0) {
      return;
    }
    DataMemory.Kind kind = data.pageAt(word).kind();
    if (kind == DataMemory.Kind.CODE) {
      follow(word, slot, object, heap);
    } else if (kind != DataMemory.Kind.NONE && (word & data.wordBytes() - 1) == 0) {
      if (data.isStatic(word)) {
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

  /** What was reached when each step came to its end. */
  public Map<ReachStep, Reached> reached() {
    return Collections.unmodifiableMap(reached);
  }

  /** Bytes of all instructions that were reached. */
  public long bytes() {
    return reached.get(ReachStep.HEAP).bytes();
  }

  /** Bytes of all instructions that were reached when each step came to its end. */
  public Map<ReachStep, Long> bytesByStep() {
    Map<ReachStep, Long> bytes = new EnumMap<>(ReachStep.class);
    reached.forEach((step, then) -> bytes.put(step, then.bytes()));
    return bytes;
  }

  /** Pointers in reached data to executable memory that holds no trusted code. */
  public List<Stray> strays() {
    return List.copyOf(strays);
  }

  /** Pages of data that lead on, perhaps, and could not be read. */
  public int unreadablePages() {
    return data.unreadablePages();
  }

  /** Pages of data that were looked at. */
  public int dataPages() {
    return data.pages();
  }

  /** Whether a bound ended the walk, or the exploration before it, early. */
  public boolean budgetExhausted() {
    return dataExhausted() || explored.budgetExhausted();
  }

  /** Whether there was more data than the bounds allow, so that not all code was reached. */
  public boolean dataExhausted() {
    return exhausted || data.exhausted();
  }

  @Override
  public List<GuestVirtualAddress> pathTo(long place) {
    List<GuestVirtualAddress> path = new ArrayList<>();
    long at = place;
    Traversal.Caller caller = callerOf(at);
    if (kernel.code().indexOf(at) >= 0) {
      path.add(new GuestVirtualAddress(at));
    }
    while (caller != null && path.size() < LONGEST_PATH) {
      if (kernel.code().indexOf(caller.site()) < 0) {
        path.add(new GuestVirtualAddress(caller.site()));
      }
      at = caller.function();
      if (kernel.code().indexOf(at) >= 0) {
        path.add(new GuestVirtualAddress(at));
      }
      caller = callerOf(at);
    }
    Collections.reverse(path);
    return path;
  }

  private Traversal.Caller callerOf(long place) {
    if (kernel.code().indexOf(place) >= 0) {
      return traversal.callerOf(place);
    }
    return Arrays.stream(ReachStep.values())
        .map(step -> objects.get(step).callerOf(place))
        .filter(caller -> caller != null)
        .findFirst()
        .orElse(null);
  }
}
