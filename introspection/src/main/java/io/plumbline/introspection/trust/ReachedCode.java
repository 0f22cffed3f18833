package io.plumbline.introspection.trust;

import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.Fixpoint;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.reach.PlausiblePointers;
import io.plumbline.introspection.reach.ReachStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How much the hardware's roots lead to.
 *
 * @param byStep bytes of instructions when each step to the fixpoint came to its end
 * @param codeExhausted a bound of code ended it early
 * @param dataExhausted a bound of data did
 */
record ReachedCode(Map<ReachStep, Long> byStep, boolean codeExhausted, boolean dataExhausted) {
  static final String CODE_CUT_SHORT = "a bound was reached: not all of the guest was looked at";

  private static final String DATA_CUT_SHORT =
      "a bound was reached: not all data that leads to code was looked at";

  /** Of a kernel that no package describes: whatever is there is followed. */
  static Fixpoint explored(GuestKernel kernel, ExplorationBudget budget) {
    return Fixpoint.of(
        kernel.entries(),
        kernel,
        (region, offset, length) -> true,
        new PlausiblePointers(kernel),
        budget);
  }

  /** Of a guest that was explored. */
  static ReachedCode of(Fixpoint fixpoint) {
    return new ReachedCode(
        fixpoint.bytesByStep(), fixpoint.codeExhausted(), fixpoint.dataExhausted());
  }

  /** Of a guest that was held against its package: only through what is as it must be. */
  static ReachedCode of(ImageExamination.Outcome outcome) {
    return new ReachedCode(outcome.byStep(), outcome.codeExhausted(), outcome.dataExhausted());
  }

  /** Bytes of instructions that were reached by direct flow. */
  long directBytes() {
    return byStep.get(ReachStep.DIRECT);
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
