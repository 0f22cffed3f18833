package io.plumbline.introspection.memory;

import java.util.Arrays;

/**
 * Numbers by index, most of which are greater than the one before by the same step, as addresses
 * and frames of pages in a row are. Only those that are not take room. Immutable.
 */
public final class RisingNumbers {
  private final int[] firsts;
  private final long[] values;
  private final long step;
  private final int size;

  private RisingNumbers(int[] firsts, long[] values, long step, int size) {
    this.firsts = firsts;
    this.values = values;
    this.step = step;
    this.size = size;
  }

  /**
   * These numbers.
   *
   * @param numbers any; not kept
   * @param step by which most are greater than the one before
   */
  public static RisingNumbers of(long[] numbers, long step) {
    int[] firsts = new int[numbers.length];
    int runs = 0;
    for (int i = 0; i < numbers.length; i++) {
      if (i == 0 || numbers[i] != numbers[i - 1] + step) {
        firsts[runs++] = i;
      }
    }
    int[] kept = Arrays.copyOf(firsts, runs);
    long[] values = Arrays.stream(kept).mapToLong(first -> numbers[first]).toArray();
    return new RisingNumbers(kept, values, step, numbers.length);
  }

  /** How many there are. */
  public int size() {
    return size;
  }

  /**
   * The number at an index.
   *
   * @throws IndexOutOfBoundsException if there is none
   */
  public long get(int index) {
    if (index < 0 || index >= size) {
      throw new IndexOutOfBoundsException("expected an index below " + size + ", found " + index);
    }
    int found = Arrays.binarySearch(firsts, index);
    int run = found < 0 ? -found - 2 : found;
    return values[run] + step * (index - firsts[run]);
  }
}
