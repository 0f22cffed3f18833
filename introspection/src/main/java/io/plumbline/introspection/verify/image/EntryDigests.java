package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.patch.TypicalBoots;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;

/**
 * Canonical digests of what each root of an image leads to, as one typical boot would show it: how
 * far other builds are from one that a guest was found to run, whatever its processor made of the
 * code. Of each root that was asked for some ten kilobytes are kept.
 */
final class EntryDigests {
  private final ImageVerifier verifier;
  private final Map<Integer, long[]> known = new HashMap<>();

  EntryDigests(ImageVerifier verifier) {
    this.verifier = verifier;
  }

  /** The digests; none if the image has no use of the root. Others wait rather than make it too. */
  synchronized long[] of(HardwareRoot root, ExplorationBudget budget) {
    int number = Outlines.numberOf(root.kind(), root.vector());
    long[] digests = known.get(number);
    if (digests == null) {
      SortedSet<Long> entries = verifier.entries().of(root.kind(), root.vector());
      byte[] text = TypicalBoots.first(verifier.layout(), verifier.rules());
      List<Long> first = entries.isEmpty() ? List.of() : List.of(entries.first());
      digests = ImageDigests.digests(verifier.layout(), text, first, budget);
      known.put(number, digests);
    }
    return digests;
  }
}
