package io.plumbline.introspection.trust;

import io.plumbline.introspection.reach.ExplorationBudget;
import java.util.OptionalInt;

/**
 * How a judge works.
 *
 * @param budget bounds of every walk
 * @param vector the one IDT vector that names the build; empty to try a few until one is exact
 * @param text disassembly in the evidence, where Capstone is on the machine; bytes alone without
 */
public record JudgeSettings(ExplorationBudget budget, OptionalInt vector, boolean text) {
  /** Standard bounds, any vector, with disassembly. */
  public static final JudgeSettings STANDARD =
      new JudgeSettings(ExplorationBudget.STANDARD, OptionalInt.empty(), true);

  /** The same, and findings show no instructions as text. */
  public static final JudgeSettings WITHOUT_TEXT =
      new JudgeSettings(ExplorationBudget.STANDARD, OptionalInt.empty(), false);
}
