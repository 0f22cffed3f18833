package io.plumbline.introspection.bench;

import io.plumbline.introspection.code.CapstoneText;
import java.util.Optional;
import java.util.OptionalDouble;

/** The yardstick, which need not be on the machine. */
record Capstone(Optional<CapstoneText> text) implements AutoCloseable {
  boolean there() {
    return text.isPresent();
  }

  /** Instructions of a linear sweep; 0 without Capstone. */
  long count(byte[] code) {
    return text.map(capstone -> capstone.countInstructions(code)).orElse(0L);
  }

  static OptionalDouble onlyIf(boolean there, double value) {
    return there ? OptionalDouble.of(value) : OptionalDouble.empty();
  }

  @Override
  public void close() {
    text.ifPresent(CapstoneText::close);
  }
}
