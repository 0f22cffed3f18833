package io.plumbline.introspection.fuzz;

import java.util.function.Supplier;

/** Says no where a law does not hold; called millions of times, so the words are made late. */
final class Law {
  private Law() {}

  static void holds(boolean law, Supplier<String> otherwise) {
    if (!law) {
      throw new AssertionError(otherwise.get());
    }
  }
}
