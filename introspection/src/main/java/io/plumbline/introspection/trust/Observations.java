package io.plumbline.introspection.trust;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Where monitors say what they saw of one guest, and what they could not see. */
public final class Observations {
  private final List<Observation> seen = new ArrayList<>();
  private final Set<String> notSeen = new LinkedHashSet<>();

  /** Reports one thing, unless the same kind was reported at the same place. */
  public void add(Observation observation) {
    seen.add(observation);
  }

  /** Says that something could not be looked at, which makes the guest undecided. */
  public void notSeen(String what) {
    notSeen.add(what);
  }

  List<Observation> seen() {
    return List.copyOf(seen);
  }

  List<String> blindSpots() {
    return List.copyOf(notSeen);
  }
}
