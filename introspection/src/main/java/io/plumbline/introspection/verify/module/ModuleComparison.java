package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.verify.image.Deviation;
import io.plumbline.introspection.verify.patch.SiteIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/** Holds what a guest has of a module against what it must have, and names what differs. */
final class ModuleComparison {
  private static final int SHOWN = 64;

  /** Equal bytes between two differing ones that still belong to one change. */
  private static final int GAP = 8;

  private final String name;
  private final ImageSymbols symbols;
  private final List<Deviation> deviations = new ArrayList<>();
  private int dropped;
  private long compared;
  private long unexplained;
  private long patched;

  /** What one part is compared as. */
  record Part(long address, int offset, Deviation.Region region, String plainRule) {}

  ModuleComparison(String name, ImageSymbols symbols) {
    this.name = name;
    this.symbols = symbols;
  }

  /**
   * Compares the bytes of a part from {@code from} to {@code to}.
   *
   * @param linked before anything was patched
   * @param siteAt the patch site that holds a byte of the part
   */
  void compare(
      Part part,
      byte[] linked,
      byte[] expected,
      byte[] guest,
      int from,
      int to,
      IntFunction<Optional<SiteIndex>> siteAt) {
    compared += to - from;
    for (int i = from; i < to; i++) {
      patched += linked[i] != expected[i] && expected[i] == guest[i] ? 1 : 0;
      unexplained += expected[i] != guest[i] ? 1 : 0;
    }
    int at = from;
    while (at < to) {
      int difference = Arrays.mismatch(expected, at, to, guest, at, to);
      if (difference < 0) {
        return;
      }
      at += difference;
      Optional<SiteIndex> site = siteAt.apply(at);
      int start = at;
      int first = site.map(found -> Math.max(from, found.startAt(start))).orElse(at);
      int end =
          site.map(found -> Math.min(to, found.endAt(start)))
              .orElse(runEnd(expected, guest, at, to, siteAt));
      String rule = site.map(SiteIndex::mechanism).orElse(part.plainRule);
      add(part, expected, guest, first, end, rule);
      at = end;
    }
  }

  private static int runEnd(
      byte[] expected, byte[] guest, int from, int to, IntFunction<Optional<SiteIndex>> siteAt) {
    int last = from;
    for (int i = from + 1; i < to && i - last <= GAP; i++) {
      if (expected[i] != guest[i]) {
        if (siteAt.apply(i).isPresent()) {
          break;
        }
        last = i;
      }
    }
    return last + 1;
  }

  private void add(Part part, byte[] expected, byte[] guest, int from, int to, String rule) {
    Deviation last = deviations.isEmpty() ? null : deviations.get(deviations.size() - 1);
    if (last != null
        && dropped == 0
        && last.region() == part.region
        && last.address() + last.length() == part.address + from) {
      // One change that runs over several sites is one deviation, by what it begins with.
      deviations.remove(deviations.size() - 1);
      add(part, expected, guest, from - last.length(), to, last.rule());
      return;
    }
    if (deviations.size() >= ModuleVerification.MOST_DEVIATIONS) {
      dropped++;
      return;
    }
    int shown = Math.min(to, from + SHOWN);
    deviations.add(
        new Deviation(
            part.address + from,
            part.offset + from,
            to - from,
            nameOf(part.offset + from),
            rule,
            part.region,
            Arrays.copyOfRange(expected, from, shown),
            Arrays.copyOfRange(guest, from, shown)));
  }

  private String nameOf(int place) {
    return nameOf(symbols, name, place);
  }

  /** {@code symbol+0x12 [module]}, as the kernel prints it. */
  static String nameOf(ImageSymbols symbols, String name, int place) {
    int at = symbols.indexAtOrBefore(place);
    if (at < 0) {
      return String.format("+0x%x [%s]", place, name);
    }
    long inside = place - symbols.offsets()[at];
    String symbol = symbols.names().get(at);
    return inside == 0
        ? String.format("%s [%s]", symbol, name)
        : String.format("%s+0x%x [%s]", symbol, inside, name);
  }

  List<Deviation> deviations() {
    return deviations;
  }

  int dropped() {
    return dropped;
  }

  /** Bytes compared so far. */
  long compared() {
    return compared;
  }

  long unexplained() {
    return unexplained;
  }

  long patched() {
    return patched;
  }
}
