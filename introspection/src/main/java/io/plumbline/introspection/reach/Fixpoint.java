package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageSource;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;

/**
 * Everything that the hardware's roots lead to, through code and through the data that drives
 * control flow: data is trusted if trusted code uses it, what it points to is taken up, and so on
 * until nothing changes. Nothing here knows an operating system.
 *
 * <p>It follows a guest that changes: only pages that changed are looked at again, and of what hung
 * on them what nothing else leads to in the same way. The outcome depends on the guest alone, not
 * on how it came to be what it is: {@link ReachKey} says which of several ways counts.
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
   * @param instructions followed
   * @param functions that something calls or points to, and entries
   * @param objects pieces of data looked through
   */
  public record Reached(long bytes, long instructions, int functions, int objects) {}

  private final ReachGraph graph;
  private final ReachTold told;

  Fixpoint(ReachGraph graph) {
    this.graph = graph;
    this.told = new ReachTold(graph);
  }

  /**
   * Explores a guest.
   *
   * @param entries the roots' targets
   * @param gate admits instructions
   * @param rule checks pointers
   */
  public static Fixpoint of(
      Collection<GuestVirtualAddress> entries,
      GuestKernel kernel,
      GatedExploration.Gate gate,
      PointerRule rule,
      ExplorationBudget budget) {
    ReachGraph graph = new ReachGraph(kernel, gate, rule, budget);
    graph.build(entries.stream().mapToLong(GuestVirtualAddress::value).toArray());
    return new Fixpoint(graph);
  }

  /**
   * Takes in what changed. The code's bytes have changed where they are; no page was mapped,
   * unmapped or mapped elsewhere.
   *
   * @param code linear addresses of pages whose bytes changed, or what gate and rule say of them
   * @param frames that may hold something else, whatever they are of the guest
   * @param guest as it is now
   * @return false if only a new exploration tells: a bound cut this short, before or now
   */
  public boolean follow(LongStream code, Collection<FrameNumber> frames, PageSource guest) {
    return graph.follow(code.toArray(), frames, guest);
  }

  /** Visits the frames of data that was reached: their pointers count. */
  public void forEachDataFrame(LongConsumer visitor) {
    graph.pages.all().stream()
        .filter(DataPage.class::isInstance)
        .forEach(page -> visitor.accept(((DataPage) page).memory.frame()));
  }

  /**
   * Gives back the bytes of data, which are read again as the guest is then, and what only makes it
   * faster: it must be told of every page that changes from now on. What was given back and changes
   * is looked through again.
   *
   * @param keeps tells of which frames, by number, they are kept
   */
  public void giveBack(LongPredicate keeps) {
    graph.giveBack(keeps);
  }

  /** Bytes of heap, about, that it takes and does not share with other guests. */
  public long heldBytes() {
    return graph.nodes.heldBytes() + graph.pages.heldBytes() + graph.memory().heldBytes();
  }

  /** Whether a frame holds data that was reached. */
  public boolean hasReached(FrameNumber frame) {
    return graph.memory().isReached(frame.value());
  }

  /** How often {@link #follow} found that what is reached, or how, may be another. */
  public long changes() {
    return graph.changes();
  }

  /** Whether a frame holds data that was reached, and it leads elsewhere now. */
  public boolean isConcernedBy(FrameNumber frame, PageSource guest) {
    return graph.changesOn.isConcernedBy(frame, guest);
  }

  /** What was reached when each step came to its end. */
  public Map<ReachStep, Reached> reached() {
    return told.reached();
  }

  /** Bytes of all instructions that were reached. */
  public long bytes() {
    return bytesByStep().get(ReachStep.HEAP);
  }

  /** Bytes of all instructions that were reached when each step came to its end. */
  public Map<ReachStep, Long> bytesByStep() {
    long[] bytes = told.bytes();
    Map<ReachStep, Long> byStep = new EnumMap<>(ReachStep.class);
    long sum = 0;
    for (ReachStep step : ReachStep.values()) {
      sum += bytes[step.place()];
      byStep.put(step, sum);
    }
    return byStep;
  }

  /** Pointers in reached data to executable memory that holds no trusted code. */
  public List<Stray> strays() {
    return told.strays();
  }

  /** The instructions that were not admitted, each once, by their address. */
  public List<GatedExploration.Refusal> refusals() {
    return told.refusals();
  }

  /** Pages of data that lead on, perhaps, and could not be read. */
  public int unreadablePages() {
    return graph.memory().unreadablePages();
  }

  /** Pages of data that were looked at. */
  public int dataPages() {
    return graph.memory().pages();
  }

  /** Whether a bound left out code. */
  public boolean codeExhausted() {
    return graph.codeExhausted();
  }

  /** Whether a bound left out data. */
  public boolean dataExhausted() {
    return graph.dataExhausted();
  }

  /** Whether a bound left something out. */
  public boolean budgetExhausted() {
    return codeExhausted() || dataExhausted();
  }

  /** The way to a table of pointers that code indexes; empty if none that was reached does. */
  public List<GuestVirtualAddress> pathToTable(long table) {
    return told.pathToTable(table);
  }

  @Override
  public List<GuestVirtualAddress> pathTo(long place) {
    return told.pathTo(place);
  }
}
