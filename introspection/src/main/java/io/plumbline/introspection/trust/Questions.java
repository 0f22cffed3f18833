package io.plumbline.introspection.trust;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * What was asked about a guest's code while something was made of it, with the answers: it can be
 * asked again later whether they still are the same.
 */
final class Questions {
  private enum Kind {
    IS_TRUSTED_CODE,
    IS_TRUSTED_FUNCTION,
    EXPECTED_WORD
  }

  private record Asked(Kind kind, long address, int length, OptionalLong answer) {}

  private final List<Asked> asked = new ArrayList<>();
  private boolean unrepeatable;

  boolean trustedCode(long address, int length, boolean answer) {
    asked.add(new Asked(Kind.IS_TRUSTED_CODE, address, length, number(answer)));
    return answer;
  }

  boolean trustedFunction(long address, boolean answer) {
    asked.add(new Asked(Kind.IS_TRUSTED_FUNCTION, address, 0, number(answer)));
    return answer;
  }

  OptionalLong expectedWord(long address, OptionalLong answer) {
    asked.add(new Asked(Kind.EXPECTED_WORD, address, 0, answer));
    return answer;
  }

  /** Something was asked that takes longer to compare than to answer. */
  void unrepeatable() {
    unrepeatable = true;
  }

  /** Whether all answers still are what they were. */
  boolean areAnsweredAlikeBy(TrustedKernel kernel) {
    return !unrepeatable
        && asked.stream().allMatch(each -> answer(each, kernel).equals(each.answer));
  }

  private static OptionalLong answer(Asked question, TrustedKernel kernel) {
    return switch (question.kind) {
      case IS_TRUSTED_CODE -> number(kernel.isTrustedCode(question.address, question.length));
      case IS_TRUSTED_FUNCTION -> number(kernel.isTrustedFunction(question.address));
      case EXPECTED_WORD -> kernel.expectedWord(question.address);
    };
  }

  private static OptionalLong number(boolean answer) {
    return OptionalLong.of(answer ? 1 : 0);
  }
}
