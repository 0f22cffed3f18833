package io.plumbline.introspection.trust;

import io.plumbline.introspection.reach.Exploration;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.Fixpoint;
import io.plumbline.introspection.reach.GatedExploration;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.reach.PlausiblePointers;
import io.plumbline.introspection.reach.ReachStep;
import java.util.Map;

/**
 * How much the hardware's roots lead to, valid or not.
 *
 * @param directBytes instructions by direct flow
 * @param byStep bytes of instructions when each step to the fixpoint came to its end
 * @param budgetExhausted a bound ended it early
 */
record ReachedCode(long directBytes, Map<ReachStep, Long> byStep, boolean budgetExhausted) {

  /** Of a kernel that no package describes: whatever is there is followed. */
  static ReachedCode ofAny(GuestKernel kernel, ExplorationBudget budget) {
    GatedExploration all =
        GatedExploration.from(kernel.entries(), kernel, budget, (region, offset, length) -> true);
    long directBytes = all.admittedBytes();
    Fixpoint fixpoint = Fixpoint.of(kernel, all, new PlausiblePointers(kernel), budget);
    return new ReachedCode(directBytes, fixpoint.bytesByStep(), fixpoint.budgetExhausted());
  }

  /**
   * Of a guest that was held against its package.
   *
   * @param outcome whose exploration goes only through what is as it must be
   */
  static ReachedCode of(
      ImageExamination.Outcome outcome, GuestKernel kernel, ExplorationBudget budget) {
    if (outcome.everythingValid()) {
      return new ReachedCode(outcome.directBytes(), outcome.byStep(), outcome.budgetExhausted());
    }
    Exploration all = Exploration.from(kernel.entries(), kernel.code(), kernel.mode(), budget);
    return new ReachedCode(
        all.directBytes(), outcome.byStep(), outcome.budgetExhausted() || all.budgetExhausted());
  }

  /** Bytes of instructions that were reached through code and data. */
  long fixpointBytes() {
    return byStep.get(ReachStep.HEAP);
  }
}
