package io.plumbline.introspection.reach;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * What the code of a kind of guests says, read once for all of them, entry by entry as guests come
 * to it. For any thread: of two that read the same at once one does so for nothing.
 */
final class KnownCode {
  /** Bytes of heap for one kind. */
  private static final long MOST_BYTES = 12 << 20;

  private final AtomicReferenceArray<KnownPage> pages;
  private final AtomicLong held = new AtomicLong();

  /**
   * @param pages of the image's code and all that lies between
   */
  KnownCode(int pages) {
    this.pages = new AtomicReferenceArray<>(pages);
  }

  /** How many pages it may be asked for. */
  int pages() {
    return pages.length();
  }

  /** What is known of a page, by its number from the image's beginning on. */
  KnownPage at(int page) {
    KnownPage known = pages.get(page);
    return known == null ? KnownPage.NOTHING : known;
  }

  /** Whether more may be known: nobody need read what is not kept. */
  boolean hasRoom() {
    return held.get() < MOST_BYTES;
  }

  /** Takes what is known of one more entry of a page. */
  void add(int page, int offset, KnownEntry entry) {
    pages.updateAndGet(
        page,
        known -> {
          KnownPage before = known == null ? KnownPage.NOTHING : known;
          return before.at(offset) == null ? before.with(offset, entry) : before;
        });
    held.addAndGet(entry.heldBytes());
  }
}
