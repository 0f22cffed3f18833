package io.plumbline.introspection.verify.patch;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/** The sites of one mechanism in ascending order, to say which one a byte lies in. */
public final class SiteIndex {
  private final String mechanism;
  private final int[] starts;
  private final int[] lengths;

  private SiteIndex(String mechanism, int[] starts, int[] lengths) {
    this.mechanism = mechanism;
    this.starts = starts;
    this.lengths = lengths;
  }

  static SiteIndex ofFixed(String mechanism, int[] places, int length) {
    return of(mechanism, places, i -> length);
  }

  /** Sites of which {@code length} tells the bytes by their index in {@code places}. */
  static SiteIndex of(String mechanism, int[] places, IntUnaryOperator length) {
    long[] pairs = new long[places.length];
    for (int i = 0; i < places.length; i++) {
      pairs[i] = (long) places[i] << Integer.SIZE | length.applyAsInt(i);
    }
    Arrays.sort(pairs);
    int[] starts = Arrays.stream(pairs).mapToInt(pair -> (int) (pair >> Integer.SIZE)).toArray();
    int[] lengths = Arrays.stream(pairs).mapToInt(pair -> (int) pair).toArray();
    return new SiteIndex(mechanism, starts, lengths);
  }

  /** What kind of site this is, such as {@code return}. */
  public String mechanism() {
    return mechanism;
  }

  public int size() {
    return starts.length;
  }

  /** The first byte of the site that holds {@code place}, or -1. */
  public int startAt(int place) {
    int at = indexAt(place);
    return at < 0 ? -1 : starts[at];
  }

  /** The byte after the site that holds {@code place}, or -1. */
  public int endAt(int place) {
    int at = indexAt(place);
    return at < 0 ? -1 : starts[at] + lengths[at];
  }

  private int indexAt(int place) {
    int at = Arrays.binarySearch(starts, place);
    if (at < 0) {
      at = -at - 2;
    } else {
      while (at + 1 < starts.length && starts[at + 1] == place) {
        at++;
      }
    }
    return at >= 0 && place < starts[at] + lengths[at] ? at : -1;
  }

  /** The first byte of the site at {@code index} in ascending order. */
  public int start(int index) {
    return starts[index];
  }

  /** Bytes of that site. */
  public int length(int index) {
    return lengths[index];
  }
}
