package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.Rewriting;
import io.plumbline.introspection.verify.patch.TextRules;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.Map;

/**
 * Holds what a guest has against what it must have, page by page. What is said of a page depends on
 * its own bytes alone, and only deviations run over several, so that a changed page is compared for
 * itself.
 */
final class PageComparison {
  private static final int PAGE = PageBytes.SIZE;
  private static final long LOWEST_BITS = 0x0101010101010101L;

  private final ImageLayout layout;
  private final TextRules rules;
  private final ReadOnlyAfterInit afterInit;
  private final Rewriting text;

  private final PageVerdict[] verdicts;
  private final short[] wrong;
  private final Map<PageVerdict, Integer> count = new EnumMap<>(PageVerdict.class);
  private long unexplainedBytes;
  private final BitSet modified = new BitSet();
  private DeviationList deviations;

  /** Of pages that were not compared yet: all are golden. */
  PageComparison(ImageLayout layout, TextRules rules, ReadOnlyAfterInit afterInit, Rewriting text) {
    this.layout = layout;
    this.rules = rules;
    this.afterInit = afterInit;
    this.text = text;
    int pages = layout.verifiedBytes() / PAGE;
    verdicts = new PageVerdict[pages];
    wrong = new short[pages];
    count.put(PageVerdict.GOLDEN, pages);
    Arrays.fill(verdicts, PageVerdict.GOLDEN);
    deviations = new DeviationList(layout, rules, afterInit);
  }

  /** Compares every page; those that are not readable are none. */
  void compareAll(BitSet unreadable) {
    for (int page = 0; page < verdicts.length; page++) {
      if (unreadable.get(page)) {
        note(page, PageVerdict.UNREADABLE, 0);
      } else {
        compare(page);
      }
    }
    describe();
  }

  /**
   * Compares pages again, after bytes of them or what they must be changed: those of them that
   * could be read.
   *
   * @param rewritten whether what text must be changed, by which instructions are told apart
   */
  void compareAgain(BitSet pages, boolean rewritten) {
    boolean told = rewritten && !modified.isEmpty();
    for (int page = pages.nextSetBit(0); page >= 0; page = pages.nextSetBit(page + 1)) {
      told |= modified.get(page);
      if (verdicts[page] != PageVerdict.UNREADABLE) {
        compare(page);
      }
      // A site's bytes may reach into the next page, and are shown with the page it begins in.
      told |= modified.get(page) || (page > 0 && modified.get(page - 1));
    }
    if (told) {
      describe();
    }
  }

  private void compare(int page) {
    int at = page * PAGE;
    byte[] expected = text.expected(at, at + PAGE);
    byte[] guest = text.guest(at, at + PAGE);
    if (!Arrays.equals(expected, at, at + PAGE, guest, at, at + PAGE)) {
      note(page, PageVerdict.MODIFIED, differing(expected, guest, at));
    } else {
      note(page, afterInit.holds(at) ? PageVerdict.READ_ONLY_AFTER_INIT : PageVerdict.GOLDEN, 0);
    }
  }

  private void note(int page, PageVerdict verdict, int different) {
    if (verdict != verdicts[page]) {
      count.merge(verdicts[page], -1, Integer::sum);
      count.merge(verdict, 1, Integer::sum);
      verdicts[page] = verdict;
    }
    unexplainedBytes += different - wrong[page];
    wrong[page] = (short) different;
    if (verdict == PageVerdict.MODIFIED) {
      modified.set(page);
    } else if (!modified.isEmpty()) {
      modified.clear(page);
    }
  }

  private static int differing(byte[] a, byte[] b, int page) {
    int count = 0;
    for (int i = 0; i < PAGE; i += Long.BYTES) {
      long different = Bytes.longAt(a, page + i) ^ Bytes.longAt(b, page + i);
      if (different != 0) {
        // Each byte's bits are gathered in its lowest one.
        different |= different >>> 4;
        different |= different >>> 2;
        different |= different >>> 1;
        count += Long.bitCount(different & LOWEST_BITS);
      }
    }
    return count;
  }

  private void describe() {
    byte[] expected = text.expected();
    byte[] guest = text.guest();
    deviations = new DeviationList(layout, rules, afterInit);
    for (int page = modified.nextSetBit(0); page >= 0; page = modified.nextSetBit(page + 1)) {
      int at = page * PAGE;
      int first = at + Arrays.mismatch(expected, at, at + PAGE, guest, at, at + PAGE);
      deviations.describe(text, guest, first, at + PAGE);
    }
  }

  /** How many pages have each verdict. */
  Map<PageVerdict, Integer> pages() {
    Map<PageVerdict, Integer> pages = new EnumMap<>(count);
    pages.values().removeIf(none -> none == 0);
    return pages;
  }

  /** Pages that were not seen to be what they must be. */
  BitSet otherPages() {
    BitSet pages = (BitSet) modified.clone();
    for (int page = 0; page < verdicts.length; page++) {
      if (verdicts[page] == PageVerdict.UNREADABLE) {
        pages.set(page);
      }
    }
    return pages;
  }

  /** Whether a page is what it must be, and that is not its guest's own. */
  boolean isGolden(int page) {
    return verdicts[page] == PageVerdict.GOLDEN;
  }

  DeviationList deviations() {
    return deviations;
  }

  long unexplainedBytes() {
    return unexplainedBytes;
  }

  long textBytes() {
    return readable(0, layout.textBytes() / PAGE);
  }

  long readOnlyBytes() {
    return readable(layout.textBytes() / PAGE, verdicts.length);
  }

  long unreadableBytes() {
    return (long) count.getOrDefault(PageVerdict.UNREADABLE, 0) * PAGE;
  }

  private long readable(int from, int to) {
    long bytes = 0;
    for (int page = from; page < to; page++) {
      bytes += verdicts[page] == PageVerdict.UNREADABLE ? 0 : PAGE;
    }
    return bytes;
  }
}
