package io.plumbline.introspection.fuzz;

import io.plumbline.introspection.paging.WalkBudget;
import io.plumbline.introspection.reach.DataBudget;
import io.plumbline.introspection.reach.ExplorationBudget;

/**
 * What a run holds guests to.
 *
 * @param budget that every walk gets
 * @param nanos that one probe of one guest may take
 * @param bytes that one probe of one guest may allocate
 */
record FuzzBounds(ExplorationBudget budget, long nanos, long bytes) {
  private static final long SECOND = 1_000_000_000L;

  /** Bytes that may be allocated in all for each byte of code within the budget. */
  private static final long COPIES = 24;

  /** Budgets that a tiny guest can exhaust in a millisecond, so that many do. */
  static final FuzzBounds SMALL =
      new FuzzBounds(
          new ExplorationBudget(
              new WalkBudget(1 << 14, 1 << 8, 1 << 6),
              1 << 17,
              2000,
              500,
              64,
              32,
              32,
              new DataBudget(32, 64, 256, 64, 2)),
          SECOND,
          64L << 20);

  /**
   * The budgets that guests are judged with. What is allocated follows from the bytes of code: they
   * are copied once, remembered by three traversals, and compared page by page; and from the
   * blocks, of which a traversal keeps a few numbers each.
   */
  static final FuzzBounds STANDARD =
      new FuzzBounds(
          ExplorationBudget.STANDARD, SECOND, COPIES * ExplorationBudget.STANDARD.codeBytes());

  /** The same with budgets that are larger by {@code factor}. */
  FuzzBounds times(int factor) {
    WalkBudget walk = budget.walk();
    return new FuzzBounds(
        new ExplorationBudget(
            new WalkBudget(walk.entries() * factor, walk.pages() * factor, walk.runs() * factor),
            budget.codeBytes() * factor,
            budget.instructions() * factor,
            budget.blocks() * factor,
            budget.tableEntries() * factor,
            budget.tables() * factor,
            budget.dataPages() * factor,
            new DataBudget(
                budget.data().pages() * factor,
                budget.data().objects() * factor,
                budget.data().objectBytes(),
                budget.data().heapBytes(),
                budget.data().heapDepth())),
        nanos,
        bytes);
  }
}
