package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.MovedFields;
import io.plumbline.introspection.verify.patch.PatchedText;
import io.plumbline.introspection.verify.patch.Prediction;
import io.plumbline.introspection.verify.patch.TextRules;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntFunction;

/**
 * The text of a guest every byte of which was explained, and the words of its data that decided it.
 * A guest that has the same text, moved to where it has its image, and the same words is explained
 * by the same decisions: what it must hold need not be predicted once more. Immutable; for any
 * thread.
 */
public final class KnownText {
  private static final int PAGE = PageBytes.SIZE;

  /** A text that differs on more pages than constants are on is another kind's. */
  private static final int MOST_UNLIKE = 64;

  private final ImageLayout layout;
  private final PatchedText text;
  private final Prediction prediction;
  private final Words words;

  /**
   * What was read to predict the text, ascending by the image's offset.
   *
   * @param offsets of the words in the image
   * @param values what they held
   * @param keys which of them are keys of sites
   */
  record Words(long[] offsets, long[] values, BitSet keys) {}

  /** The text of a guest. */
  KnownText(ImageLayout layout, PatchedText text, Prediction prediction, Words words) {
    this.layout = layout;
    this.text = text;
    this.prediction = prediction;
    this.words = words;
  }

  /** What predicted it. */
  Prediction prediction() {
    return prediction;
  }

  /**
   * The pages of another guest's text that are not like this one's.
   *
   * @param there the slide of the other guest
   * @param pages its readable pages, by their number in the layout
   * @return empty if there are too many
   */
  Optional<BitSet> unlike(long there, IntFunction<PageBytes> pages) {
    BitSet unlike = new BitSet();
    PageLikeness likeness = new PageLikeness(layout, text, there, pages);
    for (int page = 0; page < layout.textBytes() / PAGE; page++) {
      if (!likeness.isLike(page)) {
        unlike.set(page);
        if (unlike.cardinality() > MOST_UNLIKE) {
          return Optional.empty();
        }
      }
    }
    return Optional.of(unlike);
  }

  /**
   * Whether the words that decided this text say the same in another guest.
   *
   * @param reads of the other guest, which keep what is read
   * @param there the slide of the other guest
   */
  boolean isDecidedIn(GuestReads reads, long there, TextRules rules) {
    long moved = there - text.slide();
    long base = layout.base();
    long end = layout.end();
    for (int i = 0; i < words.offsets.length; i++) {
      long offset = words.offsets[i];
      boolean isKey = words.keys.get(i);
      long address = base + there + offset;
      OptionalLong now = isKey ? reads.keyAt(address) : reads.longAt(address);
      long leadsTo = words.values[i] - base - text.slide();
      long same = leadsTo >= 0 && leadsTo < end ? words.values[i] + moved : words.values[i];
      boolean decides =
          now.isPresent()
              && (now.getAsLong() == same
                  || (isKey && rules.decideTheSame(offset, same, now.getAsLong())));
      if (!decides) {
        return false;
      }
    }
    return true;
  }

  /**
   * Copies a page of this text, moved to another guest's slide.
   *
   * @param page from 0, in the layout
   * @param target see {@link MovedFields#copyPage}
   */
  void copyPage(int page, byte[] target, long there) {
    text.fields()
        .copyPage(
            text.bytes(),
            text.start(),
            layout.textBytes(),
            page * PAGE,
            target,
            there - text.slide());
  }
}
