package io.plumbline.introspection.reach;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * What the code of a kind of guests says, read once for all of them, page by page as guests come to
 * it. For any thread: of two that read the same at once one does so for nothing.
 */
final class KnownCode {
  /** Eight kibibytes each. */
  private static final int MOST_PAGES = 1024;

  private final AtomicReferenceArray<KnownPage> pages;
  private final AtomicInteger held = new AtomicInteger();

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

  /** Whether more may be known of a page: nobody need read what is not kept. */
  boolean hasRoomFor(int page) {
    return pages.get(page) != null || held.get() < MOST_PAGES;
  }

  /** Takes what is known of a page that there {@linkplain #hasRoomFor is room} for. */
  void add(int page, KnownPage known) {
    if (pages.getAndSet(page, known) == null) {
      held.incrementAndGet();
    }
  }
}
