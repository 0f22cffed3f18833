package io.plumbline.signaturestore.compare;

import io.plumbline.introspection.golden.KernelSignature;
import java.util.Arrays;

/**
 * How far two builds are apart: functions of one whose canonical form the other does not have. Zero
 * both ways means that no function differs but for addresses, not that every byte is the same.
 *
 * @param onlyInFirst functions of the first build that the second lacks
 * @param onlyInSecond functions of the second build that the first lacks
 * @param inBoth functions that both have
 */
public record SignatureDistance(int onlyInFirst, int onlyInSecond, int inBoth) {
  /** The distance between two signatures, by their function digests. */
  public static SignatureDistance between(KernelSignature first, KernelSignature second) {
    return between(first.functionDigests(), second.functionDigests());
  }

  /** The distance between two sets of digests; of equal ones in a set the first counts. */
  static SignatureDistance between(long[] first, long[] second) {
    long[] a = Arrays.stream(first).sorted().distinct().toArray();
    long[] b = Arrays.stream(second).sorted().distinct().toArray();
    int inBoth = 0;
    int i = 0;
    int j = 0;
    while (i < a.length && j < b.length) {
      if (a[i] == b[j]) {
        inBoth++;
        i++;
        j++;
      } else if (a[i] < b[j]) {
        i++;
      } else {
        j++;
      }
    }
    return new SignatureDistance(a.length - inBoth, b.length - inBoth, inBoth);
  }
}
