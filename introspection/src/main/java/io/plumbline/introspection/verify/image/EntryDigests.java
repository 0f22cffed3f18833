package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.verify.patch.TypicalBoots;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Canonical digests of what each entry of an image leads to, as one typical boot would show it: how
 * far other builds are from one that a guest was found to run, whatever its processor made of the
 * code. Of each entry that was asked for some tens of kilobytes are kept, and an image has a few
 * hundred.
 */
final class EntryDigests {
  private final ImageVerifier verifier;
  private final Map<Long, long[]> known = new HashMap<>();

  EntryDigests(ImageVerifier verifier) {
    this.verifier = verifier;
  }

  /**
   * The digests. Others wait rather than make them too.
   *
   * @param entry bytes from the image's base to the first instruction
   */
  synchronized long[] of(long entry, ExplorationBudget budget) {
    long[] digests = known.get(entry);
    if (digests == null) {
      byte[] text = TypicalBoots.first(verifier.layout(), verifier.rules());
      digests = ImageDigests.digests(verifier.layout(), text, List.of(entry), budget);
      known.put(entry, digests);
    }
    return digests;
  }
}
