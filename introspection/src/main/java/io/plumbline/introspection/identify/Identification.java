package io.plumbline.introspection.identify;

import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.verify.PlacedCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The answer to which build a guest runs, with what verification needs of it.
 *
 * @param placed the build's code at the guest's slide; empty unless the guest runs this very build
 *     (tampered with perhaps), and then nothing can be verified
 */
public record Identification(Identity identity, Optional<PlacedCode> placed) {
  /** Builds whose digests are nearest and which are compared instruction by instruction. */
  private static final int SHORTLIST = 3;

  /** Below this share of known functions, what is near is near by chance. */
  private static final double LEAST_SHARE = 0.25;

  /** Names the build from one entry's closure. */
  public static Identification of(EntryClosure closure, SignatureBook book) {
    List<Match> matches =
        refine(Shortlist.of(closure.measurement().functionDigests(), book.signatures()), closure);
    if (matches.isEmpty() || matches.get(0).share() < LEAST_SHARE) {
      return new Identification(Identity.unknown(closure.vector()), Optional.empty());
    }
    Match nearest = matches.get(0);
    Optional<Identity.RunnerUp> runnerUp =
        matches.stream()
            .skip(1)
            .findFirst()
            .map(match -> new Identity.RunnerUp(match.signature().name(), match.distance()));
    return new Identification(
        new Identity(
            nearest.exact() ? Identity.State.EXACT : Identity.State.NEAREST,
            Optional.of(nearest.signature().name()),
            Optional.of(nearest.signature().id()),
            closure.vector(),
            nearest.placed().map(PlacedCode::slide).orElse(0L),
            nearest.distance(),
            runnerUp),
        nearest.placed());
  }

  /** Compares the nearest few by place, until one explains everything. */
  private static List<Match> refine(List<Match> ranked, EntryClosure closure) {
    List<Match> refined = new ArrayList<>(ranked);
    for (int i = 0; i < Math.min(SHORTLIST, ranked.size()); i++) {
      Match match = ranked.get(i).refinedByPlace(closure);
      refined.set(i, match);
      if (match.exact()) {
        break;
      }
    }
    refined.sort(Match.NEAREST_FIRST);
    return refined;
  }

  /** Whether this names the build better than {@code other} does. */
  public boolean betterThan(Identification other) {
    if (placed.isPresent() != other.placed.isPresent()) {
      return placed.isPresent();
    }
    boolean known = identity.state() != Identity.State.UNKNOWN;
    boolean otherKnown = other.identity.state() != Identity.State.UNKNOWN;
    return known != otherKnown ? known : identity.distance() < other.identity.distance();
  }
}
