package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.Rewriting;
import io.plumbline.introspection.verify.patch.SiteIndex;
import io.plumbline.introspection.verify.patch.TextRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Holds what a guest has against what it must have, page by page, and names what differs. */
final class PageComparison {
  private static final int PAGE = PageBytes.SIZE;
  private static final int SHOWN = 64;
  private static final long LOWEST_BITS = 0x0101010101010101L;

  /** Equal bytes between two differing ones that still belong to one change. */
  private static final int GAP = 8;

  /** Bytes that are decoded to find the instruction that a changed byte belongs to. */
  private static final int LONGEST_FUNCTION = 1 << 16;

  private final InstructionDecoder decoder = InstructionDecoder.forMode(CodeMode.LONG_64);

  private final ImageLayout layout;
  private final TextRules rules;
  private final ReadOnlyAfterInit afterInit;
  private final Map<PageVerdict, Integer> pages = new EnumMap<>(PageVerdict.class);
  private final List<Deviation> deviations = new ArrayList<>();
  private int dropped;
  private long patchedBytes;
  private long unexplainedBytes;
  private long textBytes;
  private long readOnlyBytes;
  private long unreadableBytes;
  private int reported;
  private int lastFrom;
  private int lastEnd = -1;

  PageComparison(ImageLayout layout, TextRules rules, ReadOnlyAfterInit afterInit) {
    this.layout = layout;
    this.rules = rules;
    this.afterInit = afterInit;
  }

  void compare(Rewriting text, byte[] relocated, byte[] guest, BitSet unreadable) {
    byte[] expected = text.expected();
    for (int at = 0; at < layout.verifiedBytes(); at += PAGE) {
      if (unreadable.get(at / PAGE)) {
        count(PageVerdict.UNREADABLE);
        unreadableBytes += PAGE;
        continue;
      }
      if (at < layout.textBytes()) {
        textBytes += PAGE;
      } else {
        readOnlyBytes += PAGE;
      }
      int patched =
          Arrays.equals(relocated, at, at + PAGE, expected, at, at + PAGE)
              ? 0
              : differing(relocated, expected, at);
      patchedBytes += patched;
      int difference = Arrays.mismatch(expected, at, at + PAGE, guest, at, at + PAGE);
      if (difference >= 0) {
        count(PageVerdict.MODIFIED);
        int wrong = differing(expected, guest, at);
        unexplainedBytes += wrong;
        describe(text, guest, at + difference, at + PAGE);
      } else if (at + PAGE > afterInit.start() && at < afterInit.end()) {
        count(PageVerdict.READ_ONLY_AFTER_INIT);
      } else {
        count(patched == 0 ? PageVerdict.GOLDEN : PageVerdict.GOLDEN_PATCHED);
      }
    }
  }

  private void count(PageVerdict verdict) {
    pages.merge(verdict, 1, Integer::sum);
  }

  private static int differing(byte[] a, byte[] b, int page) {
    int count = 0;
    for (int at = page; at < page + PAGE; at += Long.BYTES) {
      long different = Bytes.longAt(a, at) ^ Bytes.longAt(b, at);
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

  private void describe(Rewriting text, byte[] guest, int first, int end) {
    byte[] expected = text.expected();
    int at = Math.max(first, reported);
    while (at < end) {
      int difference = Arrays.mismatch(expected, at, end, guest, at, end);
      if (difference < 0) {
        return;
      }
      at += difference;
      if (dropped > 0) {
        // Only counted: to say of each of millions what it is would take minutes.
        dropped++;
        at = runEnd(expected, guest, at, end, false);
        reported = at;
        continue;
      }
      Optional<SiteIndex> site = at < layout.textBytes() ? rules.siteAt(at) : Optional.empty();
      int from = site.isPresent() ? site.get().startAt(at) : start(text, at);
      int to = site.isPresent() ? site.get().endAt(at) : runEnd(expected, guest, at, end, true);
      add(text, guest, from, to, site.map(SiteIndex::mechanism).orElse(plainRule(at)));
      at = to;
      reported = to;
    }
  }

  /** Where the changed instruction or word begins. */
  private int start(Rewriting text, int place) {
    int offset = layout.offsetOf(place);
    int symbol = layout.names().symbols().indexAtOrBefore(offset);
    int named = symbol < 0 ? 0 : (int) Math.max(0, layout.names().symbols().offsets()[symbol]);
    if (place >= layout.textBytes()) {
      // A string's name may begin in the middle of a word.
      return place - Math.min(place % Long.BYTES, offset - named);
    }
    int at = named;
    while (at < place && place - at <= LONGEST_FUNCTION) {
      long instruction = decoder.decode(text.expected(), at, layout.textBytes());
      int next = at + Instruction.length(instruction);
      if (next > place) {
        return at;
      }
      if (next == at) {
        break;
      }
      at = next;
    }
    return place;
  }

  private int runEnd(byte[] expected, byte[] guest, int from, int end, boolean upToSites) {
    int last = from;
    for (int i = from + 1; i < end && i - last <= GAP; i++) {
      if (expected[i] != guest[i]) {
        if (upToSites && i < layout.textBytes() && rules.siteAt(i).isPresent()) {
          break;
        }
        last = i;
      }
    }
    return last + 1;
  }

  private boolean joinsLast(int from) {
    return !deviations.isEmpty() && dropped == 0 && from == lastEnd && from > lastFrom;
  }

  private String plainRule(int at) {
    return switch (regionOf(at)) {
      case TEXT -> Deviation.PLAIN_TEXT;
      case READ_ONLY_DATA -> "read-only data";
      case READ_ONLY_AFTER_INIT -> "pointer or table that is read-only after init";
    };
  }

  private Deviation.Region regionOf(int place) {
    if (place < layout.textBytes()) {
      return Deviation.Region.TEXT;
    }
    return place >= afterInit.start() && place < afterInit.end()
        ? Deviation.Region.READ_ONLY_AFTER_INIT
        : Deviation.Region.READ_ONLY_DATA;
  }

  private void add(Rewriting text, byte[] guest, int from, int to, String rule) {
    if (joinsLast(from)) {
      // One change that runs over several sites is one deviation, by what it begins with.
      Deviation last = deviations.remove(deviations.size() - 1);
      int start = lastFrom;
      lastEnd = -1;
      add(text, guest, start, to, last.rule());
      return;
    }
    lastFrom = from;
    lastEnd = to;
    if (deviations.size() >= ImageVerification.MOST_DEVIATIONS) {
      dropped++;
      return;
    }
    int offset = layout.offsetOf(from);
    int shown = Math.min(Math.min(to, layout.verifiedBytes()), from + SHOWN);
    deviations.add(
        new Deviation(
            text.addressOf(offset),
            offset,
            to - from,
            layout.names().nameOf(offset),
            rule,
            regionOf(from),
            Arrays.copyOfRange(text.expected(), from, shown),
            Arrays.copyOfRange(guest, from, shown)));
  }

  Map<PageVerdict, Integer> pages() {
    return pages;
  }

  List<Deviation> deviations() {
    return deviations;
  }

  int dropped() {
    return dropped;
  }

  long patchedBytes() {
    return patchedBytes;
  }

  long unexplainedBytes() {
    return unexplainedBytes;
  }

  long textBytes() {
    return textBytes;
  }

  long readOnlyBytes() {
    return readOnlyBytes;
  }

  long unreadableBytes() {
    return unreadableBytes;
  }
}
