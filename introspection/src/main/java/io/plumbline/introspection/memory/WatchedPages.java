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
  /** What was read for one purpose. */
  public static final class Reading {
    private final NotedPages pages = new NotedPages();

    /** Page tables, apart from what else was read: their top may move. */
    private final NotedPages tables = new NotedPages();

    /** Whether it read something that is another now. */
    public boolean isOutdatedBy(FrameNumber frame, Optional<PageBytes> now) {
      return pages.isAnother(frame.value(), now) || tables.isAnother(frame.value(), now);
    }

    /** Takes the page as it is now for the one that was read: no word that counts differs. */
    public void renew(FrameNumber frame, Optional<PageBytes> now) {
      pages.renew(frame.value(), now);
      tables.renew(frame.value(), now);
    }

    /**
     * Takes other frames for the top tables that were read, if they hold the same where it counts.
     *
     * @param moves of every vCPU, those that stay where they are as well
     * @return whether they do; if not, nothing is taken
     */
    public boolean move(List<TableMove> moves, PageSource now) {
      Map<Long, NotedPage> moved = new HashMap<>();
      for (TableMove move : moves) {
        Optional<PageBytes> content = now.read(move.to());
        // What else was read of the frame it moves to is held against the same content.
        if (tables.isAnother(move.from().value(), content)
            || tables.isAnother(move.to().value(), content)) {
          return false;
        }
        NotedPage then = tables.get(move.from().value());
        if (then != null) {
          NotedPage there = new NotedPage(content, then.words());
          moved.merge(move.to().value(), there, NotedPage::and);
        }
      }
      moves.forEach(move -> tables.remove(move.from().value()));
      moved.forEach(
          (frame, page) -> {
            NotedPage old = tables.get(frame);
            tables.put(frame, old == null ? page : page.and(old));
          });
      return true;
    }

    /**
     * Gives back what the pages hold but for what tells whether a word that counts is another: who
     * reads one again is given the guest's as it is then. That is right because a page that changes
     * is renewed before anybody reads it.
     */
    public void giveBack() {
      pages.giveBack();
      tables.giveBack();
    }

    /** Bytes of heap, about, that the pages take as they are kept to be compared. */
    public long heldBytes() {
      return pages.heldBytes() + tables.heldBytes();
    }

    /** Visits the frames that were read, and the words of each; some twice. */
    public void forEach(BiConsumer<Long, PageWords> visitor) {
      pages.forEach(visitor);
      tables.forEach(visitor);
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

  private Optional<PageBytes> read(NotedPages noted, FrameNumber frame) {
    NotedPage page = noted.get(frame.value());
    if (page == null) {
      page = new NotedPage(guest.read(frame), new ReadWords());
      noted.put(frame.value(), page);
    }
    return page.read(frame, guest);
  }
}
