package io.plumbline.introspection.verify.patch;

import java.util.Map;

/**
 * What one boot decided, as the guest's text shows it: one value of each for all sites.
 *
 * @param nops the set of NOPs
 * @param locked LOCK prefixes are in place, as on more than one processor
 * @param returns how functions return
 * @param retpolines how indirect branches are made
 * @param features the processor's features
 * @param runtimeConstants constants written into the code, by variable
 */
public record BootFacts(
    NopFamily nops,
    boolean locked,
    ReturnMode returns,
    Retpolines.Mode retpolines,
    FeatureVector features,
    Map<String, Long> runtimeConstants) {
  public BootFacts {
    runtimeConstants = Map.copyOf(runtimeConstants);
  }

  /** The same decisions with a guest's own constants. */
  BootFacts with(Map<String, Long> constants) {
    return new BootFacts(nops, locked, returns, retpolines, features, constants);
  }
}
