package io.plumbline.introspection.paging;

/**
 * How much of hostile page tables is looked at before giving up. One looping table can map 2^48
 * bytes of code; a sweep that reaches a limit ends and says so in its result.
 *
 * @param entries table entries examined, at least 1
 * @param pages 4 KiB pages of executable memory collected, at least 1
 * @param runs pieces collected that are contiguous in virtual and physical memory, unreadable
 *     tables included, at least 1
 */
public record WalkBudget(long entries, long pages, int runs) {
  /**
   * 2^24 entries, 16 GiB of code, 65,536 pieces. An ordinary Linux guest of 256 MiB needs 55,000
   * entries and a handful of pieces; 64 GiB of direct map split into 4 KiB pages would just fit.
   * The worst hostile tables known to the tests end within two seconds and 512 MiB of heap.
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
