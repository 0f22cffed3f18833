package io.plumbline.introspection.reach;

import io.plumbline.introspection.paging.WalkBudget;

/**
 * Bounds of one exploration, which a hostile guest can exhaust only for itself and which show in
 * the result.
 *
 * @param walk bounds of the sweep of page tables that finds the code
 * @param codeBytes supervisor-executable bytes that are copied and looked at
 * @param instructions instructions decoded
 * @param blocks basic blocks begun, functions among them: what a measurement digests and what a
 *     traversal has to remember
 * @param tableEntries entries read of one pointer table
 * @param tables pointer tables read
 * @param dataPages 4 KiB pages of data beside the code that are searched or taken
 * @param data bounds of the walk through data to a fixpoint
 */
public record ExplorationBudget(
    WalkBudget walk,
    long codeBytes,
    long instructions,
    long blocks,
    int tableEntries,
    int tables,
    int dataPages,
    DataBudget data) {
  /**
   * Three times and more what the largest stock kernel needs: 17 MiB of executable memory, a
   * million instructions by direct flow and 2.8 million with all pointers followed, 548 entries of
   * a table, 20 MiB of data. What hostile guests can make of it,
   * docs/measurements/hostile-guests.md says.
   */
  public static final ExplorationBudget STANDARD =
      new ExplorationBudget(
          WalkBudget.STANDARD,
          64L << 20,
          8_000_000,
          2_000_000,
          4096,
          4096,
          1 << 14,
          DataBudget.STANDARD);

  /** The standard for page tables, blocks and data. */
  public ExplorationBudget(long codeBytes, long instructions, int tableEntries, int tables) {
    this(
        WalkBudget.STANDARD,
        codeBytes,
        instructions,
        STANDARD.blocks,
        tableEntries,
        tables,
        STANDARD.dataPages,
        DataBudget.STANDARD);
  }

  /**
   * Half of what is left of instructions and blocks when some were explored, for the next of
   * several explorations.
   */
  public ExplorationBudget halfWithout(long spentInstructions, long spentBlocks) {
    return new ExplorationBudget(
        walk,
        codeBytes,
        (instructions - spentInstructions) / 2,
        (blocks - spentBlocks) / 2,
        tableEntries,
        tables,
        dataPages,
        data);
  }
}
