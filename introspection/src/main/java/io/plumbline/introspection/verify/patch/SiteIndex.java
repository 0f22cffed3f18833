package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntConsumer;
import java.util.function.IntUnaryOperator;

/** The sites of one mechanism in ascending order, to say which one a byte lies in. */
public final class SiteIndex {
  private final String mechanism;
  private final int[] starts;
  private final int[] lengths;
  private final int[] ids;
  private final int longest;

  private SiteIndex(String mechanism, int[] starts, int[] lengths, int[] ids) {
    this.mechanism = mechanism;
    this.starts = starts;
    this.lengths = lengths;
    this.ids = ids;
    this.longest = Arrays.stream(lengths).max().orElse(0);
  }

  static SiteIndex ofFixed(String mechanism, int[] places, int length) {
    return of(mechanism, places, i -> length);
  }

  /** Sites of which {@code length} tells the bytes by their index in {@code places}. */
  static SiteIndex of(String mechanism, int[] places, IntUnaryOperator length) {
    long[] pairs = new long[places.length];
    for (int i = 0; i < places.length; i++) {
      pairs[i] = (long) places[i] << Integer.SIZE | i;
    }
    Arrays.sort(pairs);
    int[] starts = Arrays.stream(pairs).mapToInt(pair -> (int) (pair >> Integer.SIZE)).toArray();
    int[] ids = Arrays.stream(pairs).mapToInt(pair -> (int) pair).toArray();
    int[] lengths = Arrays.stream(ids).map(length).toArray();
    sortByLength(starts, lengths, ids);
    return new SiteIndex(mechanism, starts, lengths, ids);
  }

  /** Of sites that begin together the longest comes last. There are few. */
  private static void sortByLength(int[] starts, int[] lengths, int[] ids) {
    for (int i = 1; i < starts.length; i++) {
      for (int j = i; j > 0 && starts[j - 1] == starts[j] && lengths[j - 1] > lengths[j]; j--) {
        int length = lengths[j];
        lengths[j] = lengths[j - 1];
        lengths[j - 1] = length;
        int id = ids[j];
        ids[j] = ids[j - 1];
        ids[j - 1] = id;
      }
    }
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

  /**
   * Names the sites that a change touches, by their index in the places that they were given in.
   *
   * @param beyond bytes behind a site that are looked at with it
   */
  void touched(TextChange change, int beyond, IntConsumer site) {
    for (int i = firstBehind(change.from() - longest - beyond);
        i < starts.length && starts[i] < change.to();
        i++) {
      if (change.touches(starts[i], starts[i] + lengths[i] + beyond)) {
        site.accept(ids[i]);
      }
    }
  }

  /** Marks the pages, by their numbers, that a site has a byte on. */
  void markPages(BitSet pages) {
    for (int i = 0; i < starts.length; i++) {
      if (lengths[i] > 0) {
        pages.set(starts[i] / PageBytes.SIZE, (starts[i] + lengths[i] - 1) / PageBytes.SIZE + 1);
      }
    }
  }

  /** How many sites have a byte from {@code from} on and before {@code to}. */
  int overlapping(int from, int to) {
    int count = 0;
    for (int i = firstBehind(from - longest); i < starts.length && starts[i] < to; i++) {
      count += starts[i] + lengths[i] > from ? 1 : 0;
    }
    return count;
  }

  /** The first site that begins behind {@code place}. */
  private int firstBehind(int place) {
    int low = 0;
    int high = starts.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (starts[middle] > place) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
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
