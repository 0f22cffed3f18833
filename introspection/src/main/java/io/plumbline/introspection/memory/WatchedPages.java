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
  /**
   * A page that was read: what it holds or, once that was given back, a digest of the words that
   * count.
   */
  private static final class Page {
    private final ReadWords words;

    /** Empty if it cannot be read, or was given back. */
    private Optional<PageBytes> content;

    /** Null if nothing was given back. */
    private PageDigest kept;

    Page(Optional<PageBytes> content, ReadWords words) {
      this.content = content.map(PageBytes::alone);
      this.words = words;
    }

    /** Whether a word that counts is another by now. */
    boolean isAnother(Optional<PageBytes> now) {
      boolean wasReadable = kept != null || content.isPresent();
      if (!wasReadable || now.isEmpty()) {
        return wasReadable || now.isPresent();
      }
      return kept != null
          ? !kept.equals(words.words().digestOf(now.get()))
          : words.words().anyDiffers(content.orElseThrow(), now.get());
    }

    void renew(Optional<PageBytes> now) {
      if (kept != null && now.isPresent()) {
        kept = words.words().digestOf(now.get());
      } else {
        kept = null;
        content = now.map(PageBytes::alone);
      }
    }

    void giveBack() {
      if (content.isPresent()) {
        kept = words.words().digestOf(content.get());
        content = Optional.empty();
      }
    }

    /** The page, which is read again if it was given back. */
    Optional<PageBytes> read(FrameNumber frame, PageSource guest) {
      if (kept != null) {
        PageBytes again =
            guest
                .read(frame)
                .orElseThrow(
                    () ->
                        new IllegalStateException(
                            frame
                                + " was given back and cannot be read again: no round goes on, or"
                                + " nobody told that it is gone"));
        content = Optional.of(again.alone());
        kept = null;
      }
      return content.map(bytes -> bytes.watchedBy(words));
    }

    /** The same page, which holds {@code now}, with what was read for both. */
    Page and(Page other) {
      return words == other.words ? this : new Page(content, words.and(other.words));
    }

    /** Bytes of heap, about. */
    long heldBytes() {
      return content.isPresent() ? PAGE_OBJECTS + PageBytes.SIZE : PAGE_OBJECTS;
    }
  }

  /** Bytes that a page takes besides its content, about. */
  private static final long PAGE_OBJECTS = 256;

  /** What was read for one purpose. */
  public static final class Reading {
    private final Map<Long, Page> pages = new HashMap<>();

    /** Page tables, apart from what else was read: their top may move. */
    private final Map<Long, Page> tables = new HashMap<>();

    /** Whether it read something that is another now. */
    public boolean isOutdatedBy(FrameNumber frame, Optional<PageBytes> now) {
      return isAnother(pages.get(frame.value()), now) || isAnother(tables.get(frame.value()), now);
    }

    private static boolean isAnother(Page then, Optional<PageBytes> now) {
      return then != null && then.isAnother(now);
    }

    /** Takes the page as it is now for the one that was read: no word that counts differs. */
    public void renew(FrameNumber frame, Optional<PageBytes> now) {
      renew(pages.get(frame.value()), now);
      renew(tables.get(frame.value()), now);
    }

    private static void renew(Page then, Optional<PageBytes> now) {
      if (then != null) {
        then.renew(now);
      }
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
        // What else was read of the frame it moves to is held against the same content.
        if (isAnother(then, content) || isAnother(tables.get(move.to().value()), content)) {
          return false;
        }
        if (then != null) {
          moved.merge(move.to().value(), new Page(content, then.words), Page::and);
        }
      }
      moves.forEach(move -> tables.remove(move.from().value()));
      moved.forEach((frame, page) -> tables.merge(frame, page, (old, fresh) -> fresh.and(old)));
      return true;
    }

    /**
     * Gives back what the pages hold but for what tells whether a word that counts is another: who
     * reads one again is given the guest's as it is then. That is right because a page that changes
     * is renewed before anybody reads it.
     */
    public void giveBack() {
      pages.values().forEach(Page::giveBack);
      tables.values().forEach(Page::giveBack);
    }

    /** Bytes of heap, about, that the pages take as they are kept to be compared. */
    public long heldBytes() {
      return heldBytes(pages) + heldBytes(tables);
    }

    private static long heldBytes(Map<Long, Page> pages) {
      return pages.values().stream().mapToLong(Page::heldBytes).sum();
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

  private Optional<PageBytes> read(Map<Long, Page> noted, FrameNumber frame) {
    return noted
        .computeIfAbsent(frame.value(), number -> new Page(guest.read(frame), new ReadWords()))
        .read(frame, guest);
  }
}
