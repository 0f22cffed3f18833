package io.plumbline.introspection.memory;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * A guest's pages for who wants to know later whether what it made of them still holds: it does as
 * long as none of the words that it read is another one. Whatever was made is kept apart by the
 * {@link Reading} that it was made in. Not for several threads.
 */
public final class WatchedPages implements PageSource {
  private record Page(Optional<PageBytes> content, ReadWords words) {}

  /** What was read for one purpose. */
  public static final class Reading {
    private final Map<Long, Page> pages = new HashMap<>();

    /** Whether it read something that is another now. */
    public boolean isOutdatedBy(FrameNumber frame, Optional<PageBytes> now) {
      Page then = pages.get(frame.value());
      if (then == null) {
        return false;
      }
      if (then.content.isEmpty() || now.isEmpty()) {
        return then.content.isPresent() || now.isPresent();
      }
      return then.words.words().anyDiffers(then.content.get(), now.get());
    }

    /** Takes the page as it is now for the one that was read: no word that counts differs. */
    public void renew(FrameNumber frame, Optional<PageBytes> now) {
      pages.computeIfPresent(frame.value(), (number, then) -> new Page(now, then.words));
    }

    /** Visits the frames that were read, and the words of each. */
    public void forEach(BiConsumer<Long, PageWords> visitor) {
      pages.forEach((frame, page) -> visitor.accept(frame, page.words.words().and(PageWords.NONE)));
    }
  }

  private PageSource guest;
  private Reading reading;

  /**
   * Pages of a guest.
   *
   * @param reading that what is read belongs to
   */
  public WatchedPages(PageSource guest, Reading reading) {
    this.guest = guest;
    this.reading = reading;
  }

  /** Goes on with the guest as it is now, for another purpose perhaps. */
  public void read(PageSource guest, Reading reading) {
    this.guest = guest;
    this.reading = reading;
  }

  @Override
  public Optional<PageBytes> readUnwatched(FrameNumber frame) {
    return guest.read(frame);
  }

  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    Page page =
        reading.pages.computeIfAbsent(
            frame.value(), number -> new Page(guest.read(frame), new ReadWords()));
    return page.content.map(bytes -> bytes.watchedBy(page.words));
  }
}
