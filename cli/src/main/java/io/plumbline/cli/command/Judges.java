package io.plumbline.cli.command;

import io.plumbline.cli.exit.ExitCode;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.TrustState;
import java.util.OptionalInt;

/** The judge of a single image, and what its verdict means for the exit code. */
final class Judges {
  private Judges() {}

  /**
   * @param vector the one IDT vector to name the build by; empty for any
   */
  static KernelJudge judge(Shell shell, OptionalInt vector) {
    return new KernelJudge(
        new JudgeSettings(ExplorationBudget.STANDARD, vector, true), shell.nanoTime());
  }

  static ExitCode exit(TrustState trust) {
    return switch (trust) {
      case TRUSTED -> ExitCode.OK;
      case VIOLATED -> ExitCode.VIOLATION;
      case UNDECIDED, NOT_MEASURABLE -> ExitCode.UNDECIDED;
    };
  }
}
