package io.plumbline.introspection.reach;

/**
 * Bounds of one exploration, which a hostile guest can exhaust only for itself and which show in
 * the result.
 *
 * @param codeBytes supervisor-executable bytes that are copied and looked at
 * @param instructions instructions decoded
 * @param tableEntries entries read of one pointer table
 * @param tables pointer tables read
 * @param data bounds of the walk through data
 */
public record ExplorationBudget(
    long codeBytes, long instructions, int tableEntries, int tables, DataBudget data) {
  /**
   * Several times what the largest stock kernel needs: 17 MiB of executable memory, 2.3 million
   * instructions to a fixpoint, 548 entries of a table.
   */
  public static final ExplorationBudget STANDARD =
      new ExplorationBudget(256L << 20, 20_000_000, 4096, 4096);

  /** With standard bounds for data. */
  public ExplorationBudget(long codeBytes, long instructions, int tableEntries, int tables) {
    this(codeBytes, instructions, tableEntries, tables, DataBudget.STANDARD);
  }
}
