package io.plumbline.introspection.verify;

import io.plumbline.introspection.code.CodeMode;
import java.util.Optional;

/** A build's code where one guest has it, as far as places in it have names. */
public interface NamedCode {
  /** The owner of the build's own code. */
  String KERNEL = "kernel";

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

  /** Whose code lies at {@code address}: {@code kernel}, {@code module loop}; empty if nobody's. */
  default Optional<String> ownerOf(long address) {
    return contains(address) ? Optional.of(KERNEL) : Optional.empty();
  }
}
