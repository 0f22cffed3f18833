package io.plumbline.introspection.verify.patch;

import java.util.OptionalLong;

/** What the guest's data holds. It is the guest's word: whoever uses it has to check it. */
@FunctionalInterface
public interface GuestWords {
  /** The 64-bit number at a linear address; empty if it cannot be read. */
  OptionalLong longAt(long address);

  /**
   * The same, of a word that is the key of a site: who reads it decides the site by it alone, and
   * can be told later that it changed.
   */
  default OptionalLong keyAt(long address) {
    return longAt(address);
  }

  /**
   * The same, of a word that the guest's own constants are judged by, which are judged anew for
   * each guest whatever is known of others of its kind.
   */
  default OptionalLong constantAt(long address) {
    return longAt(address);
  }

  /** Whether the guest has something at a linear address that was not handed over. */
  default boolean isWithheld(long address) {
    return longAt(address).isEmpty();
  }
}
