package io.plumbline.introspection.verify.patch;

import java.util.OptionalLong;

/** What the guest's data holds. It is the guest's word: whoever uses it has to check it. */
@FunctionalInterface
public interface GuestWords {
  /** The 64-bit number at a linear address; empty if it cannot be read. */
  OptionalLong longAt(long address);

  /** Whether the guest has something at a linear address that was not handed over. */
  default boolean isWithheld(long address) {
    return longAt(address).isEmpty();
  }
}
