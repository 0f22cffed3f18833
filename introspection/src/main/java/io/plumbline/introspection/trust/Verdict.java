package io.plumbline.introspection.trust;

import io.plumbline.introspection.identify.Identity;
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
}
