package io.plumbline.introspection.memory;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Sets of words that many pages have in common: of the thousand pages that a guest is asked for
 * again, most were read for one word, or for all. For any thread; what is not found is not kept.
 */
final class CommonWords {
  private static final int BITS = 12;
  private static final AtomicReferenceArray<PageWords> KNOWN =
      new AtomicReferenceArray<>(1 << BITS);

  private CommonWords() {}

  /** The same words, as the object that others have if there is one. */
  static PageWords of(PageWords words) {
    int slot = (int) (words.spread() >>> (Long.SIZE - BITS));
    PageWords known = KNOWN.get(slot);
    if (words.equals(known)) {
      return known;
    }
    KNOWN.set(slot, words);
    return words;
  }
}
