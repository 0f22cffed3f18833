package io.plumbline.flinkjobs.state;

import java.util.Arrays;

/**
 * What of a VM's memory its last verdict rests on: rounds that change nothing of it are not judged.
 *
 * @param length of the relevance in bytes
 * @param deflated the relevance as the core writes it, in the deflate format (RFC 1951)
 */
public record VerdictBasis(int length, byte[] deflated) {
  /** Whether another says the same, byte by byte. */
  public boolean sameAs(VerdictBasis other) {
    return other != null && length == other.length && Arrays.equals(deflated, other.deflated);
  }
}
