package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.SignatureBook;

/** Turns a guest at a capture boundary into a verdict: the one door into the core. */
@FunctionalInterface
public interface Judge {
  /**
   * The verdict on {@code guest}, a pure function of its arguments but for the timings. Never
   * throws for what a guest holds: what cannot be read or understood is a finding or a blind spot.
   */
  Verdict judge(Guest guest, SignatureBook book);
}
