package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.golden.image.ImageSymbols;
import java.util.BitSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/** The names of an image, by name and by place, and which places a function begins at. */
public final class ImageNames {
  private final ImageSymbols symbols;
  private final Map<String, Long> byName;
  private final BitSet entries = new BitSet();

  ImageNames(ImageSymbols symbols) {
    this.symbols = symbols;
    this.byName = symbols.byName();
  }

  void limitEntriesTo(int textEnd) {
    for (int i = 0; i < symbols.size(); i++) {
      long offset = symbols.offsets()[i];
      byte type = symbols.types()[i];
      boolean text = type == 't' || type == 'T' || type == 'w' || type == 'W';
      if (text && offset >= 0 && offset < textEnd) {
        entries.set((int) offset);
      }
    }
  }

  /** Whether a symbol of the kernel's text begins at {@code offset}. */
  public boolean isEntry(long offset) {
    return offset >= 0 && offset <= Integer.MAX_VALUE && entries.get((int) offset);
  }

  /** Where the last function that begins at or before {@code place} begins; -1 if none does. */
  public int entryAtOrBefore(int place) {
    return entries.previousSetBit(place);
  }

  /** Where functions begin, ascending. */
  IntStream entriesBelow(int end) {
    return entries.stream().takeWhile(entry -> entry < end);
  }

  /** Where {@code name} lies. */
  public OptionalLong find(String name) {
    Long offset = byName.get(name);
    return offset == null ? OptionalLong.empty() : OptionalLong.of(offset);
  }

  /**
   * Where {@code name} lies.
   *
   * @throws IllegalArgumentException if the image has no such symbol
   */
  public long required(String name) {
    return find(name)
        .orElseThrow(() -> new IllegalArgumentException("image: expected a symbol " + name));
  }

  /** All symbols, ascending. */
  public ImageSymbols symbols() {
    return symbols;
  }

  /** {@code name+0x12} of the last symbol at or before {@code offset}. */
  public String nameOf(long offset) {
    int at = symbols.indexAtOrBefore(offset);
    if (at < 0) {
      return "kernel" + (offset < 0 ? "-0x" : "+0x") + Long.toHexString(Math.abs(offset));
    }
    long inside = offset - symbols.offsets()[at];
    String name = symbols.names().get(at);
    return inside == 0 ? name : name + "+0x" + Long.toHexString(inside);
  }

  /** Whether one of the symbols that begin at {@code offset} is called {@code name}. */
  public boolean isNamed(long offset, String name) {
    // Static functions of several files may share a name, so the place decides.
    for (int at = symbols.indexAtOrBefore(offset);
        at >= 0 && symbols.offsets()[at] == offset;
        at--) {
      if (symbols.names().get(at).equals(name)) {
        return true;
      }
    }
    return false;
  }
}
