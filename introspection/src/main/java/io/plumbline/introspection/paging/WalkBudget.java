package io.plumbline.introspection.paging;

/**
 * How much of hostile page tables is looked at before giving up. One looping table can map 2^48
 * bytes of code; a sweep that stops early says so in its result.
 *
 * @param entries table entries examined, at least 1
 * @param pages 4 KiB pages of executable memory collected, at least 1
 * @param runs pieces collected that are contiguous in virtual and physical memory, unreadable
 *     tables included, at least 1
 */
public record WalkBudget(long entries, long pages, int runs) {
  /**
   * Enough for a guest whose direct map of 64 GiB is split into 4 KiB pages, and at most some tens
   * of milliseconds: 2^24 entries, 16 GiB of code, 65,536 pieces.
   */
  public static final WalkBudget STANDARD = new WalkBudget(1 << 24, 1 << 22, 1 << 16);

  public WalkBudget {
    if (entries < 1 || pages < 1 || runs < 1) {
      throw new IllegalArgumentException(
          "walk budget: expected positive limits, found "
              + entries
              + " entries, "
              + pages
              + " pages, "
              + runs
              + " runs");
    }
  }
}
