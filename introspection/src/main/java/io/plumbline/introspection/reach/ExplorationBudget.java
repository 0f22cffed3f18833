package io.plumbline.introspection.reach;

/**
 * Bounds of one exploration, which a hostile guest can exhaust only for itself and which show in
 * the result.
 *
 * @param codeBytes supervisor-executable bytes that are copied and looked at
 * @param instructions instructions decoded
 * @param tableEntries entries read of one pointer table
 * @param tables pointer tables read
 */
public record ExplorationBudget(long codeBytes, long instructions, int tableEntries, int tables) {
  /**
   * Ten times and more what the largest stock kernel needs: 17 MiB of executable memory, a million
   * instructions by direct flow, 548 entries of a table.
   */
  public static final ExplorationBudget STANDARD =
      new ExplorationBudget(256L << 20, 20_000_000, 4096, 4096);
}
