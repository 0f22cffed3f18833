package io.plumbline.introspection.golden;

import java.util.Arrays;

/**
 * The fields of a build's code that depend on the slide or the boot: some hundred thousand, hence
 * two arrays and no objects.
 *
 * @param offsets ascending, in bytes from the signature's base
 * @param rules the rule at the same index
 */
public record FieldTable(int[] offsets, FieldRule[] rules) {
  /** Code that is the same wherever it lies. */
  public static final FieldTable NONE = new FieldTable(new int[0], new FieldRule[0]);

  public FieldTable {
    if (offsets.length != rules.length) {
      throw new IllegalArgumentException(
          "fields: expected a rule for each of " + offsets.length + ", found " + rules.length);
    }
    for (int i = 1; i < offsets.length; i++) {
      if (offsets[i - 1] >= offsets[i]) {
        throw new IllegalArgumentException(
            "fields: expected ascending offsets, found " + offsets[i] + " after " + offsets[i - 1]);
      }
    }
  }

  /** The index of the first field at or after {@code offset}; the table's size if there is none. */
  public int firstFrom(int offset) {
    int at = Arrays.binarySearch(offsets, offset);
    return at >= 0 ? at : -at - 1;
  }

  public int size() {
    return offsets.length;
  }
}
