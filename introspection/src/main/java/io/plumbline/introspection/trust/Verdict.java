package io.plumbline.introspection.trust;

import io.plumbline.introspection.identify.Identity;
import java.util.ArrayList;
import java.util.List;

/** Everything the core says about one guest at one capture boundary. */
public record Verdict(
    Identity identity,
    Coverage coverage,
    TrustState trust,
    List<Finding> findings,
    List<String> blindSpots,
    Timings timings) {
  public Verdict {
    findings = List.copyOf(findings);
    blindSpots = List.copyOf(blindSpots);
  }

  /** The same, with more that could not be looked at. */
  Verdict alsoNotSeen(List<String> more) {
    if (more.isEmpty()) {
      return this;
    }
    List<String> spots = new ArrayList<>(blindSpots);
    spots.addAll(more);
    return new Verdict(
        identity,
        coverage,
        trust == TrustState.TRUSTED ? TrustState.UNDECIDED : trust,
        findings,
        spots,
        timings);
  }
}
