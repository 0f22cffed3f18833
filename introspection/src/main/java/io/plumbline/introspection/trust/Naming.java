package io.plumbline.introspection.trust;

import io.plumbline.introspection.identify.Identity;
import java.util.List;

/**
 * Which build a guest runs.
 *
 * @param reasons why nothing better can be said; empty if nothing stood in the way
 */
public record Naming(Identity identity, List<String> reasons) {
  public Naming {
    reasons = List.copyOf(reasons);
  }
}
