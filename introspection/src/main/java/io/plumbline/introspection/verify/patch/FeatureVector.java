package io.plumbline.introspection.verify.patch;

import java.util.BitSet;

/**
 * The processor features of one boot, as its text shows them.
 *
 * @param present bits that are set, by their number in {@code x86_capability}
 * @param decided bits that at least one site or the guest's own vector decided
 * @param bySites bits that at least one site decided
 */
public record FeatureVector(BitSet present, BitSet decided, BitSet bySites) {
  boolean has(int feature) {
    return present.get(feature);
  }
}
