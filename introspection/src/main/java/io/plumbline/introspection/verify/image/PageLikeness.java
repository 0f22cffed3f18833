package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.MovedFields;
import io.plumbline.introspection.verify.patch.PatchedText;
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
  private final PatchedText elsewhere;
  private final long moved;
  private final IntFunction<PageBytes> pages;
  private final byte[] window = new byte[PAGE + 2 * MARGIN];

  /**
   * @param elsewhere the other copy
   * @param slide of the guest
   * @param pages the guest's readable pages, by their number in the layout
   */
  PageLikeness(
      ImageLayout layout, PatchedText elsewhere, long slide, IntFunction<PageBytes> pages) {
    this.fields = elsewhere.fields();
    this.end = layout.verifiedBytes();
    this.elsewhere = elsewhere;
    this.moved = slide - elsewhere.slide();
    this.pages = pages;
  }

  /** Whether a page, by its number in the layout, is alike. */
  boolean isLike(int page) {
    int place = page * PAGE;
    PageBytes here = pages.apply(page);
    if (!fields.reachOut(place)) {
      return fields.areAlike(
          place,
          elsewhere.bytes(),
          elsewhere.start() + place,
          here.backingArray(),
          here.backingOffset(),
          moved);
    }
    // A field lies across pages, whose frames may lie apart.
    if (place > 0) {
      pages.apply(page - 1).copyTo(PAGE - MARGIN, window, 0, MARGIN);
    }
    here.copyTo(0, window, MARGIN, PAGE);
    if (place + PAGE < end) {
      pages.apply(page + 1).copyTo(0, window, MARGIN + PAGE, MARGIN);
    }
    return fields.areAlike(
        place, elsewhere.bytes(), elsewhere.start() + place, window, MARGIN, moved);
  }
}
