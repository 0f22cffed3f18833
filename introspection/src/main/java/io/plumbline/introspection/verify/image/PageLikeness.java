package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.MovedFields;
import java.util.function.IntFunction;

/**
 * Compares pages of a guest, where they lie in its memory, with the same pages elsewhere: they are
 * alike if only the fields differ that hold addresses of the image, which are moved with it.
 */
final class PageLikeness {
  private static final int PAGE = PageBytes.SIZE;
  private static final int MARGIN = MovedFields.MARGIN;

  private final MovedFields fields;
  private final int end;
  private final byte[] elsewhere;
  private final int start;
  private final long moved;
  private final IntFunction<PageBytes> pages;
  private final byte[] window = new byte[PAGE + 2 * MARGIN];

  /**
   * @param elsewhere the other copy of the layout's places, which begins at {@code start}
   * @param moved bytes from where the image lies elsewhere to where the guest has it
   * @param pages the guest's readable pages, by their number in the layout
   */
  PageLikeness(
      ImageLayout layout, byte[] elsewhere, int start, long moved, IntFunction<PageBytes> pages) {
    this.fields = layout.moved();
    this.end = layout.verifiedBytes();
    this.elsewhere = elsewhere;
    this.start = start;
    this.moved = moved;
    this.pages = pages;
  }

  /** Whether a page, by its number in the layout, is alike. */
  boolean isLike(int page) {
    int place = page * PAGE;
    PageBytes here = pages.apply(page);
    if (!fields.reachOut(place)) {
      return fields.areAlike(
          place, elsewhere, start + place, here.backingArray(), here.backingOffset(), moved);
    }
    // A field lies across pages, whose frames may lie apart.
    if (place > 0) {
      pages.apply(page - 1).copyTo(PAGE - MARGIN, window, 0, MARGIN);
    }
    here.copyTo(0, window, MARGIN, PAGE);
    if (place + PAGE < end) {
      pages.apply(page + 1).copyTo(0, window, MARGIN + PAGE, MARGIN);
    }
    return fields.areAlike(place, elsewhere, start + place, window, MARGIN, moved);
  }
}
