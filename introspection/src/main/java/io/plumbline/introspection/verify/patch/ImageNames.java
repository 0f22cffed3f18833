package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/** The names of an image, by name and by place, and which places a function begins at. */
public final class ImageNames {
  /** 64 MiB: no kernel's image is larger by much. */
  private static final int MOST_PAGES = 1 << 14;

  private final ImageSymbols symbols;
  private final Map<String, Long> byName;

  /** Of each page, up to some, the last symbol that begins on it or before; made when asked for. */
  private volatile int[] lastOfPage = {};

  private final BitSet entries = new BitSet();
  private final Optional<ImageNames> kernel;
  private final int first;
  private final int length;

  /** Of a kernel. */
  ImageNames(ImageSymbols symbols) {
    this.symbols = symbols;
    this.byName = symbols.byName();
    this.kernel = Optional.empty();
    this.first = 0;
    this.length = Integer.MAX_VALUE;
  }

  /** Of a module with {@code length} bytes of text from {@code first} on; the kernel's go first. */
  ImageNames(ImageSymbols symbols, ImageNames kernel, int first, int length) {
    this.symbols = symbols;
    this.byName = symbols.byName();
    this.kernel = Optional.of(kernel);
    this.first = first;
    this.length = length;
    limitEntriesTo(length);
  }

  void limitEntriesTo(int textEnd) {
    for (int i = 0; i < symbols.size(); i++) {
      long offset = symbols.offsets()[i];
      byte type = symbols.types()[i];
      boolean text = type == 't' || type == 'T' || type == 'w' || type == 'W';
      if (text && offset >= first && offset - first < textEnd) {
        entries.set((int) (offset - first));
      }
    }
  }

  private boolean isOwn(long offset) {
    return offset >= first && offset - first < length;
  }

  /** Where the last function that begins at or before {@code place} begins; -1 if none does. */
  public int entryAtOrBefore(int place) {
    return entries.previousSetBit(place);
  }

  /** Whether a symbol of text begins at {@code offset}. */
  public boolean isEntry(long offset) {
    return isOwn(offset)
        ? entries.get((int) (offset - first))
        : kernel.isPresent() && kernel.get().isEntry(offset);
  }

  /** Places in the text where functions begin, ascending. */
  IntStream entriesBelow(int end) {
    return entries.stream().takeWhile(entry -> entry < end);
  }

  /** Where {@code name} lies. */
  public OptionalLong find(String name) {
    OptionalLong found = kernel.map(names -> names.find(name)).orElse(OptionalLong.empty());
    return found.isPresent() ? found : findOwn(name);
  }

  /** Where {@code name} lies, if it is not the kernel's in a module. */
  OptionalLong findOwn(String name) {
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

  /** All symbols of the image or the module itself, ascending. */
  public ImageSymbols symbols() {
    return symbols;
  }

  /**
   * The index of the last symbol at or before {@code offset}, -1 if there is none; for who asks a
   * hundred thousand times.
   */
  public int symbolAt(long offset) {
    int[] last = lastOfPage();
    int page = (int) Math.min(Math.max(offset, 0) / PageBytes.SIZE, last.length - 1L);
    int from = page == 0 ? 0 : Math.max(0, last[page - 1]);
    int to = page == last.length - 1 ? symbols.size() : last[page] + 1;
    int at = Arrays.binarySearch(symbols.offsets(), from, to, offset);
    if (at < 0) {
      return -at - 2;
    }
    while (at + 1 < symbols.size() && symbols.offsets()[at + 1] == offset) {
      at++;
    }
    return at;
  }

  private int[] lastOfPage() {
    if (lastOfPage.length > 0) {
      return lastOfPage;
    }
    long[] offsets = symbols.offsets();
    int[] last = new int[MOST_PAGES];
    int at = 0;
    for (int page = 0; page < last.length; page++) {
      while (at < offsets.length && offsets[at] < (page + 1L) * PageBytes.SIZE) {
        at++;
      }
      last[page] = at - 1;
    }
    lastOfPage = last;
    return last;
  }

  /** {@code name+0x12} of the last symbol at or before {@code offset}. */
  public String nameOf(long offset) {
    if (kernel.isPresent() && offset < first) {
      return kernel.get().nameOf(offset);
    }
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
    if (kernel.isPresent() && !isOwn(offset)) {
      return kernel.get().isNamed(offset, name);
    }
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
