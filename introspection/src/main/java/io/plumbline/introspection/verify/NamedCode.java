package io.plumbline.introspection.verify;

import io.plumbline.introspection.code.CodeMode;

/** A build's code where one guest has it, as far as places in it have names. */
public interface NamedCode {
  /** How the code is decoded. */
  CodeMode mode();

  /** Offset from the build's base of an address in the guest; may lie outside the code. */
  long offsetOf(long address);

  /** Address in the guest of an offset from the build's base. */
  long addressOf(long offset);

  /** The name of the place that holds {@code address}, from the build's symbols. */
  String nameOf(long address);

  /** Whether {@code address} lies in the build's code. */
  boolean contains(long address);
}
