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
   * 2^24 entries, 4 GiB of code, 16,384 pieces. An ordinary guest of 256 MiB needs 55,000 entries
   * and a handful of pieces, one with 20 MiB of modules in scattered pages 5,000; 64 GiB of memory
   * mapped in pages of 4 KiB would just fit. More pieces than 64 MiB of code can have would not be
   * looked into.
   */
  public static final WalkBudget STANDARD = new WalkBudget(1 << 24, 1 << 20, 1 << 14);

  /**
   * What the next of several sweeps gets, one for each vCPU: all of them together examine twice the
   * entries of one at most, and none takes more than half of what is left.
   *
   * @param spent entries that the sweeps before examined
   */
  public WalkBudget after(long spent) {
    return new WalkBudget(Math.max(1, entries - spent / 2), pages, runs);
  }

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
