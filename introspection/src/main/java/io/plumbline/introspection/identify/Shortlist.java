package io.plumbline.introspection.identify;

import io.plumbline.introspection.golden.KernelSignature;
import java.util.Collection;
import java.util.Optional;

/** Builds by how many functions of one entry's closure they lack, by digests alone. */
public final class Shortlist {
  private Shortlist() {}

  /** The nearest of {@code signatures}; empty if there are none. */
  public static Optional<Match> nearest(
      EntryClosure closure, Collection<KernelSignature> signatures) {
    return signatures.stream()
        .map(signature -> Match.byDigests(closure, signature))
        .min(Match.NEAREST_FIRST);
  }
}
