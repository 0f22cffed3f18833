package io.plumbline.introspection.trust;

import io.plumbline.introspection.reach.Exploration;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.Fixpoint;
import io.plumbline.introspection.reach.GatedExploration;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.reach.PlausiblePointers;
import io.plumbline.introspection.reach.ReachStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How much the hardware's roots lead to, valid or not.
 *
 * @param directBytes instructions by direct flow
 * @param byStep bytes of instructions when each step to the fixpoint came to its end
 * @param codeExhausted a bound of code ended it early
 * @param dataExhausted a bound of data did
 */
record ReachedCode(
    long directBytes, Map<ReachStep, Long> byStep, boolean codeExhausted, boolean dataExhausted) {
  static final String CODE_CUT_SHORT = "a bound was reached: not all of the guest was looked at";

  private static final String DATA_CUT_SHORT =
      "a bound was reached: not all data that leads to code was looked at";

  /** Of a kernel that no package describes: whatever is there is followed. */
  static ReachedCode ofAny(GuestKernel kernel, ExplorationBudget budget) {
    GatedExploration all =
        GatedExploration.from(kernel.entries(), kernel, budget, (region, offset, length) -> true);
    long directBytes = all.admittedBytes();
    Fixpoint fixpoint = Fixpoint.of(kernel, all, new PlausiblePointers(kernel), budget);
    return new ReachedCode(
        directBytes, fixpoint.bytesByStep(), fixpoint.codeExhausted(), fixpoint.dataExhausted());
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
          outcome.directBytes(),
          outcome.byStep(),
          outcome.codeExhausted(),
          outcome.dataExhausted());
    }
    Exploration all = Exploration.from(kernel.entries(), kernel.code(), kernel.mode(), budget);
    return new ReachedCode(
        all.directBytes(),
        outcome.byStep(),
        outcome.codeExhausted() || all.budgetExhausted(),
        outcome.dataExhausted());
  }

  /** Bytes of instructions that were reached through code and data. */
  long fixpointBytes() {
    return byStep.get(ReachStep.HEAP);
  }

  /** What bounds left out. */
  List<String> blindSpots() {
    List<String> spots = new ArrayList<>();
    if (codeExhausted) {
      spots.add(CODE_CUT_SHORT);
    }
    if (dataExhausted) {
      spots.add(DATA_CUT_SHORT);
    }
    return spots;
  }
}
