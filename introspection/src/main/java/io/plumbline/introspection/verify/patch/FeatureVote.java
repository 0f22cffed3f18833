package io.plumbline.introspection.verify.patch;

import java.util.BitSet;
import java.util.OptionalLong;

/**
 * The one feature vector that explains the alternatives of a guest. Every site where a bit decides
 * votes by what it holds; the guest's own {@code boot_cpu_data.x86_capability} has one vote and the
 * say where sites do not differ, so that neither one changed site nor a changed vector decides
 * alone.
 */
public final class FeatureVote {
  /** NCAPINTS and NBUGINTS words of any release up to 7.x, and room (cpufeatures.h). */
  private static final int WORDS = 32;

  static final int BITS = WORDS * Integer.SIZE;

  /** Distinct features of one site; more are not played through, and the site has no vote. */
  private static final int MOST_FEATURES = 6;

  /**
   * Where x86_capability may begin in struct cpuinfo_x86: 5.10, 6.1, 6.12 and newer
   * (arch/x86/include/asm/processor.h).
   */
  private static final int[] CAPABILITY_OFFSETS = {32, 40, 48, 44, 36, 52, 56};

  private final Alternatives alternatives;
  private final SmpLocks locks;
  private final int[] forBit = new int[BITS];
  private final int[] againstBit = new int[BITS];
  private final byte[] copy = Alternatives.siteCopy();

  private FeatureVote(Alternatives alternatives, SmpLocks locks) {
    this.alternatives = alternatives;
    this.locks = locks;
  }

  /** Lets the sites of {@code text} vote; it must be as it is before alternatives are applied. */
  static FeatureVector infer(
      Rewriting text,
      Alternatives alternatives,
      SmpLocks locks,
      NopRewriter nops,
      BootVotes votes) {
    FeatureVote vote = new FeatureVote(alternatives, locks);
    for (int group = 0; group < alternatives.groupCount(); group++) {
      vote.ask(text, group, nops);
    }
    for (int bit = 0; bit < BITS; bit++) {
      votes.feature(bit, Math.abs(vote.forBit[bit] - vote.againstBit[bit]));
    }
    return vote.decide(text);
  }

  private void ask(Rewriting text, int group, NopRewriter nops) {
    int[] features = alternatives.featuresOf(group);
    if (!hasVote(features)) {
      return;
    }
    int possible = 0;
    int everSet = 0;
    int alwaysSet = -1;
    int length = alternatives.lengthOf(group);
    for (int present = 0; present < 1 << features.length; present++) {
      alternatives.play(text, group, features, present, copy, nops);
      if (locks.equalButForLocks(text.guest(), alternatives.siteOf(group), copy, length)) {
        possible++;
        everSet |= present;
        alwaysSet &= present;
      }
    }
    if (possible == 0) {
      return;
    }
    for (int bit = 0; bit < features.length; bit++) {
      if ((alwaysSet >> bit & 1) != 0) {
        forBit[features[bit]]++;
      } else if ((everSet >> bit & 1) == 0) {
        againstBit[features[bit]]++;
      }
    }
  }

  /** Whether a site at which these features decide is asked. */
  static boolean hasVote(int[] features) {
    for (int feature : features) {
      if (feature >= BITS) {
        return false;
      }
    }
    return features.length <= MOST_FEATURES;
  }

  private FeatureVector decide(Rewriting text) {
    int[] own = ownVector(text);
    BitSet present = new BitSet();
    BitSet decided = new BitSet();
    BitSet bySites = new BitSet();
    for (int bit = 0; bit < BITS; bit++) {
      boolean told = own.length > 0;
      boolean says = told && (own[bit / Integer.SIZE] >> bit % Integer.SIZE & 1) != 0;
      int balance = forBit[bit] - againstBit[bit] + (told ? says ? 1 : -1 : 0);
      if (balance > 0 || (balance == 0 && says)) {
        present.set(bit);
      }
      if (forBit[bit] + againstBit[bit] > 0) {
        bySites.set(bit);
        decided.set(bit);
        if (told && says != present.get(bit)) {
          contradicted(text, bit, says);
        }
      } else if (told) {
        decided.set(bit);
      }
    }
    return new FeatureVector(present, decided, bySites);
  }

  private void contradicted(Rewriting text, int bit, boolean says) {
    long at = text.layout().names().required("boot_cpu_data");
    text.fault(
        new DataFault(
            text.addressOf(at),
            "boot_cpu_data",
            String.format(
                "processor feature %d*32+%d, which %d sites have",
                bit / Integer.SIZE, bit % Integer.SIZE, forBit[bit]),
            says ? 0 : 1,
            says ? 1 : 0));
  }

  /** The guest's vector at the offset that agrees best with the sites; empty if unreadable. */
  private int[] ownVector(Rewriting text) {
    OptionalLong data = text.layout().names().find("boot_cpu_data");
    int[] best = new int[0];
    int fewest = Integer.MAX_VALUE;
    if (data.isPresent()) {
      for (int offset : CAPABILITY_OFFSETS) {
        int[] words = read(text, data.getAsLong() + offset);
        int against = words.length == 0 ? Integer.MAX_VALUE : disagreements(words);
        if (against < fewest) {
          fewest = against;
          best = words;
        }
      }
    }
    if (best.length == 0) {
      text.unread(
          "boot_cpu_data cannot be read: processor features are told from text alone",
          text.layout().names().find("boot_cpu_data").orElse(0));
    }
    return best;
  }

  private static int[] read(Rewriting text, long offset) {
    int[] words = new int[WORDS];
    for (int i = 0; i < WORDS; i += 2) {
      OptionalLong pair = text.word(offset + (long) i * Integer.BYTES);
      if (pair.isEmpty()) {
        return new int[0];
      }
      words[i] = (int) pair.getAsLong();
      words[i + 1] = (int) (pair.getAsLong() >>> Integer.SIZE);
    }
    return words;
  }

  private int disagreements(int[] words) {
    int against = 0;
    for (int bit = 0; bit < BITS; bit++) {
      boolean says = (words[bit / Integer.SIZE] >> bit % Integer.SIZE & 1) != 0;
      against += says && againstBit[bit] > forBit[bit] ? 1 : 0;
      against += !says && forBit[bit] > againstBit[bit] ? 1 : 0;
    }
    return against;
  }
}
