package io.plumbline.signaturestore.compare;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.verify.image.ImageDigests;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How far two builds are apart, entry by entry: what one interrupt's handler, or all system calls,
 * lead to by direct control flow. Both builds are looked at as the same typical boot would leave
 * them, so that only what differs between the builds differs.
 */
public final class EntryDistances {
  private EntryDistances() {}

  /**
   * The distances by the entry's name, for entries that both builds have; none unless both are
   * known from their packages.
   */
  public static Map<String, SignatureDistance> between(
      KernelSignature first, KernelSignature second) {
    Map<String, SignatureDistance> distances = new LinkedHashMap<>();
    if (first instanceof PackageSignature one && second instanceof PackageSignature other) {
      Map<String, long[]> others =
          new ImageDigests(other.image(), ExplorationBudget.STANDARD).byEntry();
      new ImageDigests(one.image(), ExplorationBudget.STANDARD)
          .byEntry()
          .forEach(
              (entry, digests) -> {
                if (others.containsKey(entry)) {
                  distances.put(entry, SignatureDistance.between(digests, others.get(entry)));
                }
              });
    }
    return distances;
  }
}
