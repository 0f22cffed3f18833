package io.plumbline.introspection.verify.patch;

import java.util.Arrays;

/**
 * By how much the sites of one guest decided what its boot did. A site that changes moves each of
 * two counts by one at most, so that a decision which was won by more than twice the number of
 * sites that changed since is what counting again would give.
 */
final class BootVotes {
  private static final NopFamily[] FAMILIES = NopFamily.values();

  private final int[] nops = new int[FAMILIES.length];
  private final int[] features = new int[FeatureVote.BITS];
  private int retpolines;
  private int returns;
  private int locks;
  private int seals;

  /** The same votes for another guest. */
  BootVotes copy() {
    BootVotes copy = new BootVotes();
    System.arraycopy(nops, 0, copy.nops, 0, nops.length);
    System.arraycopy(features, 0, copy.features, 0, features.length);
    copy.retpolines = retpolines;
    copy.returns = returns;
    copy.locks = locks;
    copy.seals = seals;
    return copy;
  }

  /** Adds the sets of NOPs that have the five bytes at a place, {@code times} times. */
  void addNop(byte[] guest, int place, int times) {
    for (int i = 0; i < FAMILIES.length; i++) {
      nops[i] += FAMILIES[i].isFive(guest, place) ? times : 0;
    }
  }

  /** How many sites show a set of NOPs: these are counted on. */
  int showing(NopFamily family) {
    return nops[Arrays.asList(FAMILIES).indexOf(family)];
  }

  void retpolines(int margin) {
    retpolines = margin;
  }

  void returns(int margin) {
    returns = margin;
  }

  void locks(int margin) {
    locks = margin;
  }

  void seals(int margin) {
    seals = margin;
  }

  void feature(int bit, int margin) {
    features[bit] = margin;
  }

  boolean retpolinesStand(int changed) {
    return retpolines > 2 * changed;
  }

  boolean returnsStand(int changed) {
    return returns > 2 * changed;
  }

  boolean locksStand(int changed) {
    return locks > 2 * changed;
  }

  boolean sealsStand(int changed) {
    return seals > 2 * changed;
  }

  /** Of processor features the guest's own vector has one vote more. */
  boolean featuresStand(int[] bits, int changed) {
    return Arrays.stream(bits).allMatch(bit -> features[bit] > 2 * changed + 1);
  }
}
