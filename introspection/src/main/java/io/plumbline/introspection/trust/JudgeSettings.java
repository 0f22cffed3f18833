package io.plumbline.introspection.trust;

import io.plumbline.introspection.code.CapstoneText;
import io.plumbline.introspection.reach.ExplorationBudget;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a judge works.
 *
 * @param budget bounds of every walk
 * @param vector the one IDT vector that names the build; empty to try a few until one is exact
 * @param text disassembly for evidence; findings have bytes alone without it
 */
public record JudgeSettings(
    ExplorationBudget budget, OptionalInt vector, Optional<CapstoneText> text) {
  /** Standard bounds, any vector, no disassembly. */
  public static final JudgeSettings STANDARD =
      new JudgeSettings(ExplorationBudget.STANDARD, OptionalInt.empty(), Optional.empty());
}
