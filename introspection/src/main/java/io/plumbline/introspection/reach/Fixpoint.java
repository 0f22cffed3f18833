package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.reach.References.Use;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that the hardware's roots lead to, through code and through the data that drives
 * control flow: data is trusted if trusted code uses it, what it points to is taken up, and so on
 * until nothing changes. Nothing here knows an operating system. Steps are taken in the order of
 * {@link ReachStep}, each to its end, so that each has a share of its own.
 */
public final class Fixpoint implements Provenance {
  /**
   * A pointer in reached data to executable memory that holds no trusted code.
   *
   * @param slot address of the pointer
   * @param target what it holds
   * @param object first byte of the piece of data that it was found in
   */
  public record Stray(long slot, long target, long object) {}

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
  private final boolean directExhausted;
  private final Traversal traversal;
  private final References references;
  private final PointerRule rule;
  private final int tableEntries;
  private final DataWalk data;
  private final Map<ReachStep, Reached> reached = new EnumMap<>(ReachStep.class);
  private final Map<ReachStep, LongStack> waiting = new EnumMap<>(ReachStep.class);
  private int seenReferences;
  private boolean tableCut;

  private Fixpoint(
      GuestKernel kernel, GatedExploration explored, PointerRule rule, ExplorationBudget budget) {
    this.kernel = kernel;
    this.explored = explored;
    this.directExhausted = explored.budgetExhausted();
    this.traversal = explored.traversal();
    this.references = explored.references();
    this.rule = rule;
    this.tableEntries = budget.tableEntries();
    this.data = new DataWalk(kernel, traversal, rule, budget.data());
    for (ReachStep step : ReachStep.values()) {
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
    reached.put(
        last,
        new Reached(
            traversal.bytes(),
            traversal.instructions(),
            traversal.functionCount(),
            data.objectsSeen()));
  }

  /** Sorts what followed code holds into the steps that it belongs to. */
  private void classifyReferences() {
    for (; seenReferences < references.size(); seenReferences++) {
      long address = references.address(seenReferences);
      Use use = references.use(seenReferences);
      ReachStep step =
          switch (data.kindOf(address)) {
            case NONE -> null;
            case CODE -> use == Use.TAKES ? ReachStep.CODE_ADDRESSES : null;
            case READ_ONLY -> ReachStep.READ_ONLY_DATA;
            case WRITABLE -> ReachStep.WRITABLE_DATA;
          };
      boolean pointers = use == Use.GOES_THROUGH || use == Use.INDEXES;
      if (step != null && step != ReachStep.CODE_ADDRESSES) {
        data.addStatic(
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
    return data.lookThrough(step) || any;
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
    while (entry < most && data.goesThrough(address + (long) entry * data.wordBytes(), function)) {
      entry++;
    }
    tableCut |= table && entry == most;
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
    return data.strays();
  }

  /** Pages of data that lead on, perhaps, and could not be read. */
  public int unreadablePages() {
    return data.unreadablePages();
  }

  /** Pages of data that were looked at. */
  public int dataPages() {
    return data.pages();
  }

  /** Whether a bound ended the exploration by direct flow early. */
  public boolean codeExhausted() {
    return directExhausted;
  }

  /** Whether a bound ended the walk through data, and through what it leads to, early. */
  public boolean dataExhausted() {
    return tableCut || data.exhausted() || (explored.budgetExhausted() && !directExhausted);
  }

  /** Whether a bound left something out. */
  public boolean budgetExhausted() {
    return codeExhausted() || dataExhausted();
  }

  @Override
  public List<GuestVirtualAddress> pathTo(long place) {
    return Provenance.of(place, kernel.code(), this::callerOf);
  }

  private Traversal.Caller callerOf(long place) {
    if (kernel.code().indexOf(place) >= 0) {
      return traversal.callerOf(place);
    }
    return data.callerOf(place);
  }
}
