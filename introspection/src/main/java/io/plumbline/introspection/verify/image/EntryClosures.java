package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.golden.Kept;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.verify.patch.TypicalBoots;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What each entry of an image leads to, as one typical boot would show it: how far other builds are
 * from one that a guest was found to run, whatever its processor made of the code. Of each entry
 * that was asked for one or two megabytes are kept; guests are named by one of five.
 */
final class EntryClosures {
  private static final int MOST = 8;

  private final ImageVerifier verifier;
  private final Map<Long, Kept<ImageClosure>> known = new HashMap<>();

  EntryClosures(ImageVerifier verifier) {
    this.verifier = verifier;
  }

  /**
   * One entry's. Others that want it wait rather than make it too.
   *
   * @param entry bytes from the image's base to the first instruction
   */
  ImageClosure of(long entry, ExplorationBudget budget) {
    return place(entry).get(() -> made(entry, budget));
  }

  private synchronized Kept<ImageClosure> place(long entry) {
    if (known.size() == MOST && !known.containsKey(entry)) {
      known.clear();
    }
    return known.computeIfAbsent(entry, any -> new Kept<>());
  }

  private ImageClosure made(long entry, ExplorationBudget budget) {
    byte[] text = TypicalBoots.first(verifier.layout(), verifier.rules());
    return ImageClosure.of(
        verifier.layout(),
        ImageDigests.exploration(verifier.layout(), text, List.of(entry), budget));
  }
}
