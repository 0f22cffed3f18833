package io.plumbline.introspection.identify;

import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.verify.PlacedCode;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * How well one build explains one entry's closure.
 *
 * @param distance functions of the closure that the build does not have
 * @param functions functions of the closure
 * @param placed the build's code at the slide at which it fits; empty if its layout does not fit
 *     the guest at all, so that it can only be a neighbour
 */
public record Match(
    KernelSignature signature, int distance, int functions, Optional<PlacedCode> placed) {
  /** Nearest first; among equals the name decides, so that the answer does not depend on order. */
  static final Comparator<Match> NEAREST_FIRST =
      Comparator.comparingInt(Match::distance)
          .thenComparing(match -> match.placed().isEmpty())
          .thenComparing(match -> match.signature().name().build())
          .thenComparing(match -> match.signature().id().value());

  /**
   * The share of functions that must lie where the build has them for it to be the same build,
   * tampered with perhaps. A neighbouring build has nearly the same functions, but from the first
   * one that grew on they lie elsewhere.
   */
  private static final double SAME_LAYOUT = 0.9;

  /**
   * By the digests of whole functions: cheap, and blind to where they lie.
   *
   * @param closure ascending
   */
  static Match byDigests(long[] closure, KernelSignature signature) {
    return new Match(
        signature, unknown(closure, signature.functionDigests()), closure.length, Optional.empty());
  }

  /** How many of {@code digests} are not among {@code known}; both are ascending. */
  static int unknown(long[] digests, long[] known) {
    int unknown = 0;
    int at = 0;
    for (long digest : digests) {
      while (at < known.length && known[at] < digest) {
        at++;
      }
      unknown += at < known.length && known[at] == digest ? 0 : 1;
    }
    return unknown;
  }

  /** The same, or better if the closure's instructions lie where the build has them. */
  Match refinedByPlace(EntryClosure closure) {
    if (!(signature instanceof EnrolledSignature enrolled)) {
      return this;
    }
    Match best = this;
    for (int handler : enrolled.roots().handlers(closure.vector())) {
      long slide = closure.handler().value() - signature.base() - handler;
      Match placed = placedAt(enrolled, slide, closure);
      if (placed.placed().isPresent()
          && (best.placed().isEmpty() || placed.distance() < best.distance())) {
        best = placed;
      }
    }
    return best;
  }

  private Match placedAt(EnrolledSignature enrolled, long slide, EntryClosure closure) {
    PlacedCode code = new PlacedCode(enrolled, slide);
    int most = (int) ((1 - SAME_LAYOUT) * functions);
    Set<GuestVirtualAddress> differing = new HashSet<>();
    closure
        .exploration()
        .forEachInstruction(
            (region, offset, length) -> {
              long place = code.offsetOf(region.start() + offset);
              if (!code.explains(region.bytes(), offset, length, place)) {
                differing.add(closure.exploration().functionBelow(region, offset));
              }
              return differing.size() <= most;
            });
    return differing.size() <= most
        ? new Match(signature, differing.size(), functions, Optional.of(code))
        : this;
  }

  /** Whether the build explains the whole closure, each instruction at its place. */
  boolean exact() {
    return distance == 0 && placed.isPresent();
  }

  /** Functions that the build has, as a share of the closure's, 0 to 1. */
  double share() {
    return functions == 0 ? 0 : 1 - (double) distance / functions;
  }
}
