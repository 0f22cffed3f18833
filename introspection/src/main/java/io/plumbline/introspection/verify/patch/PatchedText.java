package io.plumbline.introspection.verify.patch;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The text of one guest as its boot left it, and the fields of it that hold addresses of the image.
 * They are not those of the image as it is linked: where a site was rewritten there may be none any
 * more, and a replacement brings its own.
 *
 * @param bytes an array that does not change any more
 * @param start index of the text's first byte
 * @param slide of the guest
 * @param fields by their places in the layout
 */
public record PatchedText(byte[] bytes, int start, long slide, MovedFields fields) {
  /**
   * Finds the fields of a text of which every byte is as it must be.
   *
   * @param rules of the image that the layout is of
   */
  public static PatchedText of(
      ImageLayout layout, TextRules rules, byte[] bytes, int start, long slide) {
    MovedFields fields =
        layout
            .moved()
            .select(
                layout.textBytes(),
                (places, width, along) -> {
                  Search search = new Search(layout, bytes, start, along ? slide : -slide, width);
                  return IntStream.concat(
                          Arrays.stream(places).filter(search::isLeft),
                          brought(rules.alternatives, places, search))
                      .sorted()
                      .distinct()
                      .toArray();
                });
    return new PatchedText(bytes, start, slide, fields);
  }

  /** The places of sites where fields of their replacements are by now. */
  private static IntStream brought(Alternatives alternatives, int[] places, Search search) {
    IntStream.Builder found = IntStream.builder();
    alternatives.forEachReplacement(
        (site, replacement, length) -> {
          int first = Arrays.binarySearch(places, replacement);
          for (int i = first < 0 ? -first - 1 : first;
              i < places.length && places[i] + search.width <= replacement + length;
              i++) {
            int to = site + places[i] - replacement;
            if (search.isBrought(places[i], to)) {
              found.add(to);
            }
          }
        });
    return found.build();
  }

  /** Tells whether a text holds fields of one kind, moved by so much. */
  private record Search(ImageLayout layout, byte[] text, int start, long moved, int width) {
    /** Whether a field of the image was left where it is. */
    boolean isLeft(int place) {
      return isInText(place) && at(text, start + place) == asMoved(linked(place));
    }

    /**
     * Whether a site holds what its replacement has at {@code from}. A distance counts from where
     * it lies.
     */
    boolean isBrought(int from, int to) {
      if (!isInText(to)) {
        return false;
      }
      long held = at(text, start + to);
      long nearer = linked(from) + layout.offsetOf(from) - layout.offsetOf(to);
      return held == asMoved(linked(from)) || held == asMoved(nearer);
    }

    private boolean isInText(int place) {
      return place >= 0 && place + width <= layout.textBytes();
    }

    private long linked(int place) {
      return at(layout.golden(), place);
    }

    private long asMoved(long linked) {
      return width == Long.BYTES ? linked + moved : (int) (linked + moved);
    }

    private long at(byte[] code, int at) {
      return width == Long.BYTES ? Bytes.longAt(code, at) : Bytes.intAt(code, at);
    }
  }
}
