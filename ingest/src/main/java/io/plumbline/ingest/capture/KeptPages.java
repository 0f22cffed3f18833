package io.plumbline.ingest.capture;

import io.plumbline.introspection.memory.PageBytes;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The content that was last stated, for as many frames as the limit allows, so that small changes
 * can be told as patches. What does not fit is told in full.
 */
final class KeptPages {
  private final Map<Long, PageBytes> pages = new HashMap<>();
  private final long mostPages;

  /** Keeps at most {@code mostBytes} of content. */
  KeptPages(long mostBytes) {
    this.mostPages = mostBytes / PageBytes.SIZE;
  }

  Optional<PageBytes> of(long frame) {
    return Optional.ofNullable(pages.get(frame));
  }

  void keep(long frame, PageBytes page) {
    if (pages.containsKey(frame) || pages.size() < mostPages) {
      // A copy: the page may be a window into a whole image.
      pages.put(frame, page.isZero() ? PageBytes.ZERO : PageBytes.wrap(page.toByteArray()));
    }
  }

  void forget(long frame) {
    pages.remove(frame);
  }

  void forgetAll() {
    pages.clear();
  }
}
