package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.reach.CommonReach;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * The fields of an image that hold addresses of it, which are moved with it: by their places in its
 * layout, ascending.
 */
public final class MovedFields {
  /** Bytes before and behind a page in {@link #copyPage}, which fields reach into. */
  public static final int MARGIN = Long.BYTES;

  private static final int PAGE = PageBytes.SIZE;

  private final Kind absolute32;
  private final Kind inverse32;
  private final Kind absolute64;
  private final BitSet across = new BitSet();

  /** How many begin on each page. */
  private final int[] counts;

  /**
   * Fields of one kind.
   *
   * @param firstOfPage the first that may reach into each page
   */
  private record Kind(int[] places, int[] firstOfPage, int bytes, boolean along) {
    /** Marks the pages that a field has a part of which lies across two. */
    void markAcross(BitSet pages) {
      for (int at : places) {
        int last = (at + bytes - 1) / PAGE;
        if (at / PAGE != last) {
          pages.set(at / PAGE, last + 1);
        }
      }
    }

    static Kind of(int[] places, int pages, int bytes, boolean along) {
      int[] first = new int[pages];
      int field = 0;
      for (int page = 0; page < pages; page++) {
        while (field < places.length && places[field] < page * PAGE - MARGIN) {
          field++;
        }
        first[page] = field;
      }
      return new Kind(places, first, bytes, along);
    }

    void move(byte[] target, int at, long slide) {
      long by = along ? slide : -slide;
      if (bytes == Long.BYTES) {
        Bytes.putLong(target, at, Bytes.longAt(target, at) + by);
      } else {
        Bytes.putInt(target, at, Bytes.intAt(target, at) + (int) by);
      }
    }

    void moveAll(byte[] target, long slide) {
      for (int at : places) {
        move(target, at, slide);
      }
    }

    void movePage(int page, byte[] target, long slide) {
      int to = page + PAGE;
      for (int i = firstOfPage[page / PAGE]; i < places.length && places[i] < to; i++) {
        move(target, places[i] - page + MARGIN, slide);
      }
    }

    void forEach(int page, CommonReach.FieldVisitor visitor) {
      int to = page + PAGE;
      for (int i = firstOfPage[page / PAGE]; i < places.length && places[i] < to; i++) {
        visitor.see(places[i] - page, bytes, along);
      }
    }

    /** Whether all that begin on a page hold the same addresses in two copies of it, moved. */
    boolean areMoved(int page, byte[] one, int at, byte[] other, int otherAt, long moved) {
      MovedField each = firstOf(page, moved);
      for (int i = firstOfPage[page / PAGE]; i < places.length && places[i] < page + PAGE; i++) {
        if (places[i] >= page
            && each.behind(places[i], one, at - page, other, otherAt - page) < 0) {
          return false;
        }
      }
      return true;
    }

    MovedField firstOf(int page, long moved) {
      return new MovedField(places, firstOfPage[page / PAGE], bytes, along ? moved : -moved);
    }
  }

  /**
   * @param absolute32 the lower 32 bits of an address
   * @param inverse32 a distance to what does not move
   * @param absolute64 a whole address
   * @param pages that are asked for one by one
   */
  MovedFields(int[] absolute32, int[] inverse32, int[] absolute64, int pages) {
    this.absolute32 = Kind.of(absolute32, pages, Integer.BYTES, true);
    this.inverse32 = Kind.of(inverse32, pages, Integer.BYTES, false);
    this.absolute64 = Kind.of(absolute64, pages, Long.BYTES, true);
    this.absolute32.markAcross(across);
    this.inverse32.markAcross(across);
    this.absolute64.markAcross(across);
    this.counts = new int[pages];
    for (int[] places : List.of(absolute32, inverse32, absolute64)) {
      for (int place : places) {
        if (place / PAGE < pages) {
          counts[place / PAGE]++;
        }
      }
    }
  }

  /** Picks fields of one kind. */
  @FunctionalInterface
  interface Selection {
    /**
     * The fields that are picked, by their places, ascending.
     *
     * @param places of all, ascending
     * @param bytes that each has
     * @param along whether it grows as the image is moved up; if not it becomes less
     */
    int[] of(int[] places, int bytes, boolean along);
  }

  /**
   * Other fields.
   *
   * @param bytes from place 0 on that they may lie in, in whole pages
   */
  MovedFields select(int bytes, Selection selection) {
    return new MovedFields(
        selection.of(absolute32.places, absolute32.bytes, true),
        selection.of(inverse32.places, inverse32.bytes, false),
        selection.of(absolute64.places, absolute64.bytes, true),
        bytes / PAGE);
  }

  /**
   * Whether a field of a page reaches into another one.
   *
   * @param page place of its first byte
   */
  public boolean reachOut(int page) {
    return across.get(page / PAGE);
  }

  /** Moves all fields of a copy of the image. */
  void move(byte[] target, long slide) {
    absolute32.moveAll(target, slide);
    inverse32.moveAll(target, slide);
    absolute64.moveAll(target, slide);
  }

  /**
   * Copies one page of a text, and moves its fields.
   *
   * @param text holds the layout's places from {@code start} on, {@code bytes} of them
   * @param page place of its first byte
   * @param target of {@link PageBytes#SIZE} bytes and {@link #MARGIN} on both sides; the page lies
   *     behind the first
   * @param slide by how much they are moved
   */
  public void copyPage(byte[] text, int start, int bytes, int page, byte[] target, long slide) {
    int from = page - MARGIN;
    int first = Math.max(0, from);
    int end = Math.min(bytes, page + PAGE + MARGIN);
    System.arraycopy(text, start + first, target, first - from, end - first);
    absolute32.movePage(page, target, slide);
    inverse32.movePage(page, target, slide);
    absolute64.movePage(page, target, slide);
  }

  /**
   * Visits the fields of a page, also those that only reach into it.
   *
   * @param page place of its first byte
   */
  public void forEach(int page, CommonReach.FieldVisitor visitor) {
    absolute32.forEach(page, visitor);
    inverse32.forEach(page, visitor);
    absolute64.forEach(page, visitor);
  }

  /**
   * Whether two guests' copies of a page are the same but for these fields, which hold the same
   * addresses, moved.
   *
   * @param page place of its first byte
   * @param one the one copy, which begins at {@code at}
   * @param other the other copy, which begins at {@code otherAt}
   * @param moved bytes from where the one guest has the image to where the other has it
   */
  public boolean areAlike(int page, byte[] one, int at, byte[] other, int otherAt, long moved) {
    MovedField narrow = absolute32.firstOf(page, moved);
    MovedField inverse = inverse32.firstOf(page, moved);
    MovedField wide = absolute64.firstOf(page, moved);
    int found = 0;
    int from = 0;
    while (from < PAGE) {
      int equal = Arrays.mismatch(one, at + from, at + PAGE, other, otherAt + from, otherAt + PAGE);
      if (equal < 0) {
        break;
      }
      int place = page + from + equal;
      int behind = narrow.behind(place, one, at - page, other, otherAt - page);
      behind = Math.max(behind, inverse.behind(place, one, at - page, other, otherAt - page));
      behind = Math.max(behind, wide.behind(place, one, at - page, other, otherAt - page));
      if (behind < 0) {
        return false;
      }
      found++;
      from = behind - page;
    }
    // A field that was not moved though the image was holds the address of something else.
    return moved == 0
        || (reachOut(page)
            ? areAllMoved(page, one, at, other, otherAt, moved)
            : found == counts[page / PAGE]);
  }

  private boolean areAllMoved(int page, byte[] one, int at, byte[] other, int otherAt, long moved) {
    return absolute32.areMoved(page, one, at, other, otherAt, moved)
        && inverse32.areMoved(page, one, at, other, otherAt, moved)
        && absolute64.areMoved(page, one, at, other, otherAt, moved);
  }
}
