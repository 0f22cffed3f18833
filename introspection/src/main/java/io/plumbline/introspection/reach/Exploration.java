package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What direct control flow reaches from a set of entries, whatever the code is: nothing here knows
 * a build. Every executable byte may belong to an instruction, and instructions may overlap.
 */
public final class Exploration {
  private final CodeMemory memory;
  private final CodeMode mode;
  private final Traversal traversal;
  private final Witness witness;

  private Exploration(CodeMemory memory, CodeMode mode, Traversal traversal, Witness witness) {
    this.memory = memory;
    this.mode = mode;
    this.traversal = traversal;
    this.witness = witness;
  }

  /** Follows direct control flow from all of {@code entries}. */
  public static Exploration from(
      Collection<GuestVirtualAddress> entries,
      CodeMemory memory,
      CodeMode mode,
      ExplorationBudget budget) {
    Witness witness = new Witness(budget.tables());
    Traversal traversal = new Traversal(memory, mode, budget, witness);
    traversal.from(entries.stream().mapToLong(GuestVirtualAddress::value).toArray());
    return new Exploration(memory, mode, traversal, witness);
  }

  /** Instructions reached. */
  public long instructions() {
    return traversal.instructions();
  }

  /** Basic blocks begun. */
  public long blocks() {
    return traversal.blocks();
  }

  /** Bytes of the reached instructions in all regions. */
  public long directBytes() {
    return traversal.bytes();
  }

  /** Bytes of the reached instructions in the region that holds {@code address}. */
  public long directBytesAround(GuestVirtualAddress address) {
    int region = memory.indexOf(address.value());
    return region < 0 ? 0 : traversal.followed[region].bytes();
  }

  /** Paths that ended at bytes which are no instruction. */
  public long invalidPaths() {
    return traversal.invalid();
  }

  /** Direct transfers to where no readable executable memory is. */
  public long transfersOutside() {
    return witness.outside;
  }

  /** The pointer tables that reached code reads by index, in the order they were found. */
  public Collection<TableUse> tables() {
    return List.copyOf(witness.tables.values());
  }

  /** Whether a bound ended the exploration early. */
  public boolean budgetExhausted() {
    return traversal.exhausted() || witness.tablesRefused || memory.budgetExhausted();
  }

  /** Functions reached: entries and call targets. */
  public int functionCount() {
    return traversal.functionsInOrder().length;
  }

  /** Measures the reached code. */
  public Measurement measure() {
    return Measurement.of(memory, mode, traversal);
  }

  /** Visits every reached instruction, region by region in ascending order, until told to stop. */
  public void forEachInstruction(InstructionVisitor visitor) {
    for (int index = 0; index < memory.regions().size(); index++) {
      CodeRegion region = memory.regions().get(index);
      FollowedCode code = traversal.followed[index];
      for (int at = code.nextStart(0); at >= 0; at = code.nextStart(at + 1)) {
        if (!visitor.goesOn(region, at, code.lengthAt(at))) {
          return;
        }
      }
    }
  }

  /** The entry of the nearest reached function at or below an instruction of {@code region}. */
  public GuestVirtualAddress functionBelow(CodeRegion region, int offset) {
    int entry = traversal.functions[memory.indexOf(region.start())].previousSetBit(offset);
    return new GuestVirtualAddress(region.start() + Math.max(entry, 0));
  }

  /** The entries of reached functions of the first region of code, as offsets. */
  public BitSet functionEntries() {
    return memory.regions().isEmpty() ? new BitSet() : (BitSet) traversal.functions[0].clone();
  }

  /** What is told of each reached instruction. */
  @FunctionalInterface
  public interface InstructionVisitor {
    /**
     * One instruction.
     *
     * @param offset of its first byte in {@code region}
     * @param length in bytes
     * @return whether to visit the next
     */
    boolean goesOn(CodeRegion region, int offset, int length);
  }

  private static final class Witness implements TraversalVisitor {
    private final Map<Long, TableUse> tables = new LinkedHashMap<>();
    private final int tableBudget;
    private boolean tablesRefused;
    private long outside;

    Witness(int tableBudget) {
      this.tableBudget = tableBudget;
    }

    @Override
    public boolean admit(CodeRegion region, int offset, long instruction, long function) {
      return true;
    }

    @Override
    public void usesTable(long table, long site, long function) {
      if (tables.size() >= tableBudget && !tables.containsKey(table)) {
        tablesRefused = true;
        return;
      }
      tables.putIfAbsent(
          table,
          new TableUse(
              new GuestVirtualAddress(table),
              new GuestVirtualAddress(site),
              new GuestVirtualAddress(function)));
    }

    @Override
    public void undecodable(CodeRegion region, int offset, long function) {
      // The traversal counts them; without a build there is nothing to say about one.
    }

    @Override
    public void leavesMemory(long target, long site, long function) {
      outside++;
    }
  }
}
