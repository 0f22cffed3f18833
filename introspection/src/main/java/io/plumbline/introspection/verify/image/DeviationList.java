package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.Rewriting;
import io.plumbline.introspection.verify.patch.SiteIndex;
import io.plumbline.introspection.verify.patch.TextRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Names what differs in modified pages, which are told in ascending order. */
final class DeviationList {
  private static final int SHOWN = 64;

  /** Equal bytes between two differing ones that still belong to one change. */
  private static final int GAP = 8;

  /** Bytes that are decoded to find the instruction that a changed byte belongs to. */
  private static final int LONGEST_FUNCTION = 1 << 16;

  private final InstructionDecoder decoder = InstructionDecoder.forMode(CodeMode.LONG_64);

  private final ImageLayout layout;
  private final TextRules rules;
  private final ReadOnlyAfterInit afterInit;
  private final List<Deviation> deviations = new ArrayList<>();
  private int dropped;
  private int reported;
  private int lastFrom;
  private int lastEnd = -1;

  DeviationList(ImageLayout layout, TextRules rules, ReadOnlyAfterInit afterInit) {
    this.layout = layout;
    this.rules = rules;
    this.afterInit = afterInit;
  }

  /** What was found, by address. */
  List<Deviation> kept() {
    return List.copyOf(deviations);
  }

  /** How many more there are. */
  int dropped() {
    return dropped;
  }

  /** Adds what differs from place {@code first} to the end of its page. */
  void describe(Rewriting text, byte[] guest, int first, int end) {
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
}
