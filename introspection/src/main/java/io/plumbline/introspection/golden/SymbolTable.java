package io.plumbline.introspection.golden;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Names of places in a build, for people to read; no verdict rests on them.
 *
 * @param offsets ascending, in bytes from the signature's base
 * @param names the name at the same index
 */
public record SymbolTable(int[] offsets, List<String> names) {
  /** A build whose names are not known. */
  public static final SymbolTable NONE = new SymbolTable(new int[0], List.of());

  public SymbolTable {
    names = List.copyOf(names);
    if (offsets.length != names.size()) {
      throw new IllegalArgumentException(
          "symbols: expected a name for each of "
              + offsets.length
              + " offsets, found "
              + names.size());
    }
  }

  /** {@code name+0x12} of the last symbol at or before {@code offset}, else {@code kernel+0x12}. */
  public String nameOf(int offset) {
    int at = Arrays.binarySearch(offsets, offset);
    int index = at >= 0 ? at : -at - 2;
    if (index < 0) {
      return (offset < 0 ? "kernel-0x" : "kernel+0x") + Integer.toHexString(Math.abs(offset));
    }
    int inside = offset - offsets[index];
    return inside == 0 ? names.get(index) : names.get(index) + "+0x" + Integer.toHexString(inside);
  }

  /** The symbols whose offset is {@code wanted}. */
  public SymbolTable only(IntPredicate wanted) {
    int[] kept = IntStream.range(0, offsets.length).filter(i -> wanted.test(offsets[i])).toArray();
    return new SymbolTable(
        Arrays.stream(kept).map(i -> offsets[i]).toArray(),
        Arrays.stream(kept).mapToObj(names::get).toList());
  }
}
