package io.plumbline.introspection.golden.image;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The names in an image, in ascending order of their places.
 *
 * @param offsets bytes from the base; what is not linked there (per-CPU variables, absolute
 *     numbers) has the value that the image gives it minus the base, hence 64 bits
 * @param types the letter that {@code nm} would print for the symbol at the same index
 * @param names the name at the same index
 */
public record ImageSymbols(long[] offsets, byte[] types, List<String> names) {
  public ImageSymbols {
    names = List.copyOf(names);
    if (offsets.length != names.size() || types.length != names.size()) {
      throw new IllegalArgumentException(
          String.format(
              "symbols: expected as many offsets and types as the %d names, found %d and %d",
              names.size(), offsets.length, types.length));
    }
  }

  public int size() {
    return offsets.length;
  }

  /** The index of the last symbol at or before {@code offset}; -1 if there is none. */
  public int indexAtOrBefore(long offset) {
    int at = Arrays.binarySearch(offsets, offset);
    if (at < 0) {
      return -at - 2;
    }
    while (at + 1 < offsets.length && offsets[at + 1] == offset) {
      at++;
    }
    return at;
  }

  /** Whether a symbol begins exactly at {@code offset}. */
  public boolean beginsAt(long offset) {
    return Arrays.binarySearch(offsets, offset) >= 0;
  }

  /** Where the first symbol of that name lies; for many names ask {@link #byName} once. */
  public OptionalLong offsetOf(String name) {
    int at = names.indexOf(name);
    return at < 0 ? OptionalLong.empty() : OptionalLong.of(offsets[at]);
  }

  /** Every name with its place; of several symbols of one name the first counts. */
  public Map<String, Long> byName() {
    Map<String, Long> index = new HashMap<>(2 * names.size());
    for (int i = 0; i < offsets.length; i++) {
      index.putIfAbsent(names.get(i), offsets[i]);
    }
    return index;
  }
}
