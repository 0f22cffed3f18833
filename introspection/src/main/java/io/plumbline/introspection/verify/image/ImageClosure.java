package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.reach.Exploration;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;

/** What one entry of an image leads to by direct flow, as one typical boot would show it. */
public final class ImageClosure {
  private final ImageLayout layout;
  private final long[] digests;
  private final int[] functions;

  /** Places of bytes that instructions have. */
  private final BitSet code;

  private ImageClosure(ImageLayout layout, long[] digests, int[] functions, BitSet code) {
    this.layout = layout;
    this.digests = digests;
    this.functions = functions;
    this.code = code;
  }

  /** Of an exploration of the layout's text, which begins at the image's base. */
  static ImageClosure of(ImageLayout layout, Exploration exploration) {
    BitSet code = new BitSet();
    BitSet starts = new BitSet();
    exploration.forEachInstruction(
        (region, offset, length) -> {
          code.set(offset, offset + length);
          starts.set(offset);
          return true;
        });
    // Whoever looks for the nearest build puts them in order, which takes longer if they are not.
    long[] digests = exploration.measure().functionDigests();
    Arrays.sort(digests);
    return new ImageClosure(layout, digests, withCode(exploration.functionEntries(), starts), code);
  }

  /**
   * Those of the entries that have instructions before the next one; 0 for those before the first.
   * Asked once for each entry: to ask once for each instruction took longer than all else here.
   */
  private static int[] withCode(BitSet entries, BitSet starts) {
    IntStream.Builder functions = IntStream.builder();
    entries.set(0);
    for (int at = entries.nextSetBit(0); at >= 0; ) {
      int next = entries.nextSetBit(at + 1);
      int first = starts.nextSetBit(at);
      if (first >= 0 && (next < 0 || first < next)) {
        functions.add(at);
      }
      at = next;
    }
    return functions.build().toArray();
  }

  /** Canonical digests of the functions, ascending; not to be changed. */
  public long[] digests() {
    return digests;
  }

  /** How many of the functions have bytes that a guest's verification does not explain. */
  public int functionsWith(StandingVerification guest) {
    BitSet changed = new BitSet();
    BitSet pages = guest.otherPages();
    int page = PageBytes.SIZE;
    for (int each = pages.nextSetBit(0); each >= 0; each = pages.nextSetBit(each + 1)) {
      int end = Math.min((each + 1) * page, layout.textBytes());
      for (int at = code.nextSetBit(each * page);
          at >= 0 && at < end;
          at = code.nextSetBit(at + 1)) {
        if (!guest.explains(at, 1)) {
          int function = Arrays.binarySearch(functions, at);
          changed.set(function < 0 ? -function - 2 : function);
        }
      }
    }
    return changed.cardinality();
  }
}
