package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.golden.SignatureBook;

/** The announced signatures, some of which may not be readable yet. */
@FunctionalInterface
interface GrowingBook extends SignatureBook {
  /**
   * Whether a signature is announced that cannot be read now and that will be tried again; tries
   * those whose time has come.
   */
  default boolean mayGrow() {
    return false;
  }
}
