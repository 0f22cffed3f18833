package io.plumbline.introspection.verify.image;

import java.util.Optional;

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

  /** Whether a function of a verified owner begins at a linear address. */
  boolean isFunction(long address);

  /** The verified owner of the page at a linear address, such as {@code module loop}. */
  Optional<String> ownerOf(long page);
}
