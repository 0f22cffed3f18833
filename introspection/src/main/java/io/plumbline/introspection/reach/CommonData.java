package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;

/**
 * Where the pages of data lead that guests of a build have in common, as one of its guests had
 * them: tells where another one's lead elsewhere. Of their content only that is kept. Immutable;
 * for any thread.
 */
final class CommonData {
  /** Of a word that leads elsewhere, or nowhere: see {@link CommonAddresses#placeOf}. */
  private static final int NO_PLACE = -1;

  /**
   * The last page of the address space, where Linux has nothing: small negative numbers, of which
   * data is full, would be addresses in it.
   */
  private static final long LAST_PAGE = -PageBytes.SIZE;

  private final PointerWords words;
  private final List<Leads> pages;

  /**
   * Where one page led.
   *
   * @param number of the page
   * @param leading a bit for each word that may lead somewhere; null if it could not be read
   * @param places for each of those words where it leads among what is common, or {@link #NO_PLACE}
   * @param fixed the page's place if all of them are fields of the image, but for numbers that look
   *     like addresses on the last page: whoever has there what the image has leads to the same;
   *     else {@link #NO_PLACE}
   */
  private record Leads(int number, long[] leading, int[] places, long fixed) {}

  /**
   * @param addresses of the guest
   * @param pages that it reached, with their content
   * @param likeness tells the fields of the image's data
   * @param isAsLinked see {@link CommonReach.Subject}
   */
  CommonData(
      CommonAddresses addresses,
      PointerWords words,
      List<ReachedPage> pages,
      CommonReach.CodeLikeness likeness,
      LongPredicate isAsLinked) {
    this.words = words;
    this.pages = new ArrayList<>();
    for (ReachedPage page : pages) {
      if (page instanceof DataPage data) {
        long place = page.address - addresses.image();
        boolean isAsImage = addresses.isOfImage(page.address) && isAsLinked.test(place);
        this.pages.add(
            data.memory
                .bytes()
                .map(
                    content ->
                        leads(
                            page.number,
                            content,
                            addresses,
                            isAsImage ? fields(likeness, place) : Optional.empty(),
                            place))
                .orElseGet(() -> new Leads(page.number, null, new int[0], NO_PLACE)));
      }
    }
  }

  private Leads leads(
      int number,
      PageBytes content,
      CommonAddresses addresses,
      Optional<long[]> fields,
      long place) {
    long[] leading = DataPage.noWords(words.bytes());
    int count = 0;
    for (int block = 0; block < leading.length; block++) {
      leading[block] = words.leading(content, offsetOf(block));
      count += Long.bitCount(leading[block]);
    }
    int[] places = new int[count];
    int next = 0;
    boolean isFixed = fields.isPresent();
    for (int block = 0; block < leading.length; block++) {
      long inside = 0;
      for (long left = leading[block]; left != 0; left &= left - 1) {
        long word = words.at(content, offsetOf(block, left));
        places[next] = placeOf(word, addresses);
        inside |= places[next] == NO_PLACE ? 0 : left & -left;
        isFixed &= places[next++] != NO_PLACE || isOnLastPage(word);
      }
      isFixed = isFixed && inside == fields.get()[block];
    }
    return new Leads(number, leading, places, isFixed ? place : NO_PLACE);
  }

  /**
   * The words of a page that are addresses by the image's relocations, a bit for each; empty if a
   * field is no word.
   */
  private Optional<long[]> fields(CommonReach.CodeLikeness likeness, long place) {
    long[] fields = DataPage.noWords(words.bytes());
    boolean[] areWords = {true};
    likeness.forEachField(
        place,
        (at, bytes, along) -> {
          areWords[0] &= at >= 0 && at % words.bytes() == 0 && bytes == words.bytes() && along;
          if (areWords[0]) {
            int word = at / words.bytes();
            fields[word / Long.SIZE] |= 1L << word;
          }
        });
    return areWords[0] ? Optional.of(fields) : Optional.empty();
  }

  private int offsetOf(int block) {
    return block * Long.SIZE * words.bytes();
  }

  /** Offset of the first of the words of a block that a bit is set for. */
  private int offsetOf(int block, long left) {
    return offsetOf(block) + Long.numberOfTrailingZeros(left) * words.bytes();
  }

  private static boolean isOnLastPage(long word) {
    return Long.compareUnsigned(word, LAST_PAGE) >= 0;
  }

  private static int placeOf(long word, CommonAddresses addresses) {
    return Math.toIntExact(addresses.placeOf(word));
  }

  /**
   * Compares the pages with those of another guest.
   *
   * @param there the other guest's addresses
   * @param isAsLinked see {@link CommonReach.Subject}
   * @param changed is given those that lead elsewhere among what is common
   * @return those that lead to what only the other guest has, with a bit for each word that does
   */
  Map<DataPage, long[]> compare(
      ReachGraph other, CommonAddresses there, LongPredicate isAsLinked, Set<ReachedPage> changed) {
    Map<DataPage, long[]> leadOut = new LinkedHashMap<>();
    boolean endsInNothing =
        !there.has(LAST_PAGE) && other.memory().pageAt(LAST_PAGE).kind() == DataMemory.Kind.NONE;
    for (Leads was : pages) {
      if (endsInNothing && was.fixed != NO_PLACE && isAsLinked.test(was.fixed)) {
        continue;
      }
      DataPage now = (DataPage) other.pages.numbered(was.number);
      Optional<PageBytes> is = now.memory.bytes();
      if (was.leading != null && is.isPresent()) {
        long[] out = compare(was, is.get(), now, there, endsInNothing, changed);
        if (out != null) {
          leadOut.put(now, out);
        }
      } else if (was.leading != null || is.isPresent()) {
        changed.add(now);
      }
    }
    return leadOut;
  }

  /** The words of a page that lead out, a bit for each; null if none does. */
  private long[] compare(
      Leads was,
      PageBytes is,
      DataPage page,
      CommonAddresses there,
      boolean endsInNothing,
      Set<ReachedPage> changed) {
    boolean elsewhere = false;
    long[] out = null;
    int next = 0;
    for (int block = 0; block < was.leading.length; block++) {
      long led = was.leading[block];
      long leads = words.leading(is, offsetOf(block));
      for (long left = led | leads; left != 0; left &= left - 1) {
        long bit = left & -left;
        int before = (led & bit) == 0 ? NO_PLACE : was.places[next++];
        int now = NO_PLACE;
        if ((leads & bit) != 0) {
          long word = words.at(is, offsetOf(block, left));
          now = placeOf(word, there);
          if (now == NO_PLACE && !(endsInNothing && isOnLastPage(word))) {
            out = out == null ? DataPage.noWords(words.bytes()) : out;
            out[block] |= bit;
          }
        }
        elsewhere |= now != before;
      }
    }
    if (elsewhere) {
      changed.add(page);
    }
    return out;
  }
}
