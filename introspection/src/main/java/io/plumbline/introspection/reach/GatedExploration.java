package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An exploration that goes only through instructions which somebody admits. This is the first trust
 * rule: code is reached through valid code, or it is not reached.
 */
public final class GatedExploration implements Provenance {
  /** Decides which instructions may be followed. */
  @FunctionalInterface
  public interface Gate {
    /**
     * Whether the instruction at {@code offset} is valid where it is.
     *
     * @param length in bytes, 1 to 15; 0 if the bytes there are no instruction
     */
    boolean admits(CodeRegion region, int offset, int length);

    /**
     * Whether it is certain, without looking at each, that every instruction is valid which lies
     * between {@code offset} and {@code length} bytes behind it.
     */
    default boolean admitsAll(CodeRegion region, int offset, int length) {
      return false;
    }
  }

  /**
   * An instruction that was not admitted.
   *
   * @param length in bytes; 0 if the bytes there are no instruction
   * @param function the entry of the function that led to it
   */
  public record Refusal(CodeRegion region, int offset, int length, long function) {
    /** Where it is. */
    public long address() {
      return region.start() + offset;
    }
  }

  private final CodeMemory memory;
  private final Traversal traversal;
  private final Watcher watcher;

  private GatedExploration(CodeMemory memory, Traversal traversal, Watcher watcher) {
    this.memory = memory;
    this.traversal = traversal;
    this.watcher = watcher;
  }

  /** Follows direct control flow from {@code entries} through what {@code gate} admits. */
  public static GatedExploration from(
      Collection<GuestVirtualAddress> entries,
      GuestKernel kernel,
      ExplorationBudget budget,
      Gate gate) {
    Watcher watcher = new Watcher(gate, budget);
    Traversal traversal = new Traversal(kernel.code(), kernel.mode(), budget, watcher);
    traversal.from(entries.stream().mapToLong(GuestVirtualAddress::value).toArray());
    return new GatedExploration(kernel.code(), traversal, watcher);
  }

  /** The instructions that were not admitted, each once, in the order they were met. */
  public List<Refusal> refusals() {
    return List.copyOf(watcher.refusals.values());
  }

  /** The pointer tables that admitted code uses. */
  public Collection<TableUse> tables() {
    return List.copyOf(watcher.tables.values());
  }

  /** Targets of admitted transfers that are not readable executable memory, and who goes there. */
  public List<Departure> departures() {
    return List.copyOf(watcher.departures.values());
  }

  /**
   * A transfer to where no readable executable memory is.
   *
   * @param function the entry of the function it was reached through
   */
  public record Departure(GuestVirtualAddress target, long function) {}

  /** Bytes of admitted instructions. */
  public long admittedBytes() {
    return traversal.bytes();
  }

  @Override
  public List<GuestVirtualAddress> pathTo(long function) {
    return Provenance.of(function, memory, traversal::callerOf);
  }

  /** Whether a bound ended the exploration early. */
  public boolean budgetExhausted() {
    return traversal.exhausted() || watcher.refusedMore || memory.budgetExhausted();
  }

  private static final class Watcher implements TraversalVisitor {
    /** A guest that is wrong in more places than this is not better described by more of them. */
    private static final int MOST_REFUSALS = 1024;

    private final Gate gate;
    private final ExplorationBudget budget;
    private final Map<Long, Refusal> refusals = new LinkedHashMap<>();
    private final Map<Long, TableUse> tables = new LinkedHashMap<>();
    private final Map<Long, Departure> departures = new LinkedHashMap<>();
    private boolean refusedMore;

    Watcher(Gate gate, ExplorationBudget budget) {
      this.gate = gate;
      this.budget = budget;
    }

    @Override
    public boolean admit(CodeRegion region, int offset, long instruction, long function) {
      int length = Instruction.length(instruction);
      if (gate.admits(region, offset, length)) {
        return true;
      }
      refuse(region, offset, length, function);
      return false;
    }

    @Override
    public void undecodable(CodeRegion region, int offset, long function) {
      if (!gate.admits(region, offset, 0)) {
        refuse(region, offset, 0, function);
      }
    }

    private void refuse(CodeRegion region, int offset, int length, long function) {
      long address = region.start() + offset;
      if (refusals.size() < MOST_REFUSALS) {
        refusals.putIfAbsent(address, new Refusal(region, offset, length, function));
      } else if (!refusals.containsKey(address)) {
        refusedMore = true;
      }
    }

    @Override
    public void usesTable(long table, long site, long function) {
      if (tables.size() < budget.tables()) {
        tables.putIfAbsent(
            table,
            new TableUse(
                new GuestVirtualAddress(table),
                new GuestVirtualAddress(site),
                new GuestVirtualAddress(function)));
      } else if (!tables.containsKey(table)) {
        refusedMore = true;
      }
    }

    @Override
    public void leavesMemory(long target, long site, long function) {
      if (departures.size() < MOST_REFUSALS) {
        departures.putIfAbsent(target, new Departure(new GuestVirtualAddress(target), function));
      } else if (!departures.containsKey(target)) {
        refusedMore = true;
      }
    }
  }
}
