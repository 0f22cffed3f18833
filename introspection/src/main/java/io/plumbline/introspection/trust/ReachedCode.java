package io.plumbline.introspection.trust;

import io.plumbline.introspection.reach.Exploration;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.Fixpoint;
import io.plumbline.introspection.reach.GatedExploration;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.reach.PlausiblePointers;

/**
 * How much the hardware's roots lead to, valid or not.
 *
 * @param directBytes instructions by direct flow
 * @param fixpointBytes instructions through data as well
 * @param budgetExhausted a bound ended it early
 */
record ReachedCode(long directBytes, long fixpointBytes, boolean budgetExhausted) {

  /** Of a kernel that no package describes: whatever is there is followed. */
  static ReachedCode ofAny(GuestKernel kernel, ExplorationBudget budget) {
    GatedExploration all =
        GatedExploration.from(kernel.entries(), kernel, budget, (region, offset, length) -> true);
    long directBytes = all.admittedBytes();
    Fixpoint fixpoint = Fixpoint.of(kernel, all, new PlausiblePointers(kernel), budget);
    return new ReachedCode(
        directBytes, fixpoint.bytes(), all.budgetExhausted() || fixpoint.budgetExhausted());
  }

  /**
   * Of a guest that was held against its package.
   *
   * @param outcome whose exploration goes only through what is as it must be
   */
  static ReachedCode of(
      ImageExamination.Outcome outcome, GuestKernel kernel, ExplorationBudget budget) {
    if (outcome.everythingValid()) {
      return new ReachedCode(
          outcome.directBytes(), outcome.fixpointBytes(), outcome.budgetExhausted());
    }
    Exploration all = Exploration.from(kernel.entries(), kernel.code(), kernel.mode(), budget);
    return new ReachedCode(
        all.directBytes(),
        Math.max(all.directBytes(), outcome.fixpointBytes()),
        outcome.budgetExhausted() || all.budgetExhausted());
  }
}
