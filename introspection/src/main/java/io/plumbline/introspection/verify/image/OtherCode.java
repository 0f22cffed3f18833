package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.verify.dynamic.KernelProbes;
import io.plumbline.introspection.verify.patch.BootFacts;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.Optional;
import java.util.function.LongPredicate;

/** Executable memory outside the image that somebody else verified: modules. */
public interface OtherCode {
  /** Nothing else is known. */
  OtherCode NONE =
      new OtherCode() {
        @Override
        public boolean isFunction(long address) {
          return false;
        }

        @Override
        public Optional<String> ownerOf(long page) {
          return Optional.empty();
        }
      };

  /**
   * Told once a verification, when the image's own text is predicted and before {@link #ownerOf} is
   * asked.
   *
   * @param kernel the image's text, complete but for data that is read-only after init
   * @param facts what this boot decided
   * @param isTrampoline whether a checked copy of the tracer begins at an address
   * @param probes the guest's, which may be in the others' code too
   */
  default void predicted(
      Rewriting kernel, BootFacts facts, LongPredicate isTrampoline, KernelProbes probes) {}

  /** Whether a function of a verified owner begins at a linear address. */
  boolean isFunction(long address);

  /** The owner of the page at a linear address, such as {@code module loop}. */
  Optional<String> ownerOf(long page);

  /**
   * Whether the owner of the page at a linear address keeps it; what it gives back when it is
   * initialised may be anybody's by now.
   */
  default boolean isKept(long page) {
    return ownerOf(page).isPresent();
  }

  /** Whether every byte of the owner of the page is explained. */
  default boolean explains(long page) {
    return ownerOf(page).isPresent();
  }
}
