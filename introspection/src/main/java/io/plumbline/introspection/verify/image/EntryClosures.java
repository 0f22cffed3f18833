package io.plumbline.introspection.verify.image;

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
  private final Map<Long, ImageClosure> known = new HashMap<>();

  EntryClosures(ImageVerifier verifier) {
    this.verifier = verifier;
  }

  /**
   * One entry's. Others wait rather than make it too.
   *
   * @param entry bytes from the image's base to the first instruction
   */
  synchronized ImageClosure of(long entry, ExplorationBudget budget) {
    ImageClosure closure = known.get(entry);
    if (closure == null) {
      byte[] text = TypicalBoots.first(verifier.layout(), verifier.rules());
      closure =
          ImageClosure.of(
              verifier.layout(),
              ImageDigests.exploration(verifier.layout(), text, List.of(entry), budget));
      if (known.size() == MOST) {
        known.clear();
      }
      known.put(entry, closure);
    }
    return closure;
  }
}
