package io.plumbline.introspection.memory;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * A guest's pages for who wants to know later whether what it made of them still holds: it does as
 * long as none of the words that it read is another one. Whatever was made is kept apart by the
 * {@link Reading} that it was made in. Not for several threads.
 */
public final class WatchedPages implements PageSource {
  private record Page(Optional<PageBytes> content, ReadWords words) {
    /** The same page with what was read for both. */
    Page and(Page other) {
      return words == other.words ? this : new Page(content, words.and(other.words));
    }
  }

  /** What was read for one purpose. */
  public static final class Reading {
    /** Bytes that a page takes besides, about. */
    private static final int PAGE_OBJECTS = 256;

    private final Map<Long, Page> pages = new HashMap<>();

    /** Page tables, apart from what else was read: their top may move. */
    private final Map<Long, Page> tables = new HashMap<>();

    /** Whether it read something that is another now. */
    public boolean isOutdatedBy(FrameNumber frame, Optional<PageBytes> now) {
      return isAnother(pages.get(frame.value()), now) || isAnother(tables.get(frame.value()), now);
    }

    private static boolean isAnother(Page then, Optional<PageBytes> now) {
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
      pages.computeIfPresent(frame.value(), (number, then) -> new Page(alone(now), then.words));
      tables.computeIfPresent(frame.value(), (number, then) -> new Page(alone(now), then.words));
    }

    /**
     * Takes other frames for the top tables that were read, if they hold the same where it counts.
     *
     * @param moves of every vCPU, those that stay where they are as well
     * @return whether they do; if not, nothing is taken
     */
    public boolean move(List<TableMove> moves, PageSource now) {
      Map<Long, Page> moved = new HashMap<>();
      for (TableMove move : moves) {
        Page then = tables.get(move.from().value());
        Optional<PageBytes> content = now.read(move.to());
        if (isAnother(then, content)) {
          return false;
        }
        if (then != null) {
          moved.merge(
              move.to().value(),
              new Page(alone(content), then.words),
              (one, other) -> one.and(other));
        }
      }
      moves.forEach(move -> tables.remove(move.from().value()));
      moved.forEach((frame, page) -> tables.merge(frame, page, (one, other) -> one.and(other)));
      return true;
    }

    /** Bytes that the pages take, as they are kept to be compared. */
    public long heldBytes() {
      return (long) (pages.size() + tables.size()) * (PageBytes.SIZE + PAGE_OBJECTS);
    }

    /** Visits the frames that were read, and the words of each; some twice. */
    public void forEach(BiConsumer<Long, PageWords> visitor) {
      pages.forEach((frame, page) -> visitor.accept(frame, page.words.words().and(PageWords.NONE)));
      tables.forEach(
          (frame, page) -> visitor.accept(frame, page.words.words().and(PageWords.NONE)));
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
    return read(reading.pages, frame);
  }

  @Override
  public Optional<PageBytes> readTable(FrameNumber frame) {
    return read(reading.tables, frame);
  }

  private static Optional<PageBytes> alone(Optional<PageBytes> page) {
    return page.map(PageBytes::alone);
  }

  private Optional<PageBytes> read(Map<Long, Page> noted, FrameNumber frame) {
    Page page =
        noted.computeIfAbsent(
            frame.value(), number -> new Page(alone(guest.read(frame)), new ReadWords()));
    return page.content.map(bytes -> bytes.watchedBy(page.words));
  }
}
