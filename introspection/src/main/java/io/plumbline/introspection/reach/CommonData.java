package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where the pages of data lead that guests of a build have in common, as one of its guests had
 * them: tells where another one's lead elsewhere. Of their content only that is kept. Immutable;
 * for any thread.
 */
final class CommonData {
  /** Of a word that leads elsewhere, or nowhere: see {@link CommonAddresses#placeOf}. */
  private static final int NO_PLACE = -1;

  private final PointerWords words;
  private final List<Leads> pages;

  /**
   * Where one page led.
   *
   * @param number of the page
   * @param leading a bit for each word that may lead somewhere; null if it could not be read
   * @param places for each of those words where it leads among what is common, or {@link #NO_PLACE}
   */
  private record Leads(int number, long[] leading, int[] places) {}

  /**
   * @param addresses of the guest
   * @param pages that it reached, with their content
   */
  CommonData(CommonAddresses addresses, PointerWords words, List<ReachedPage> pages) {
    this.words = words;
    this.pages = new ArrayList<>();
    for (ReachedPage page : pages) {
      if (page instanceof DataPage data) {
        this.pages.add(leads(data, addresses));
      }
    }
  }

  private Leads leads(DataPage page, CommonAddresses addresses) {
    Optional<PageBytes> content = page.memory.bytes();
    if (content.isEmpty()) {
      return new Leads(page.number, null, new int[0]);
    }
    long[] leading = DataPage.noWords(words.bytes());
    int count = 0;
    for (int block = 0; block < leading.length; block++) {
      leading[block] = words.leading(content.get(), offsetOf(block));
      count += Long.bitCount(leading[block]);
    }
    int[] places = new int[count];
    int next = 0;
    for (int block = 0; block < leading.length; block++) {
      for (long left = leading[block]; left != 0; left &= left - 1) {
        places[next++] = placeOf(words.at(content.get(), offsetOf(block, left)), addresses);
      }
    }
    return new Leads(page.number, leading, places);
  }

  private int offsetOf(int block) {
    return block * Long.SIZE * words.bytes();
  }

  /** Offset of the first of the words of a block that a bit is set for. */
  private int offsetOf(int block, long left) {
    return offsetOf(block) + Long.numberOfTrailingZeros(left) * words.bytes();
  }

  private static int placeOf(long word, CommonAddresses addresses) {
    return Math.toIntExact(addresses.placeOf(word));
  }

  /**
   * Compares the pages with those of another guest.
   *
   * @param there the other guest's addresses
   * @param changed is given those that lead elsewhere among what is common
   * @return those that lead to what only the other guest has, with a bit for each word that does
   */
  Map<DataPage, long[]> compare(ReachGraph other, CommonAddresses there, Set<ReachedPage> changed) {
    Map<DataPage, long[]> leadOut = new LinkedHashMap<>();
    for (Leads was : pages) {
      DataPage now = (DataPage) other.pages.numbered(was.number);
      Optional<PageBytes> is = now.memory.bytes();
      if (was.leading != null && is.isPresent()) {
        long[] out = compare(was, is.get(), now, there, changed);
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
      Leads was, PageBytes is, DataPage page, CommonAddresses there, Set<ReachedPage> changed) {
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
          now = placeOf(words.at(is, offsetOf(block, left)), there);
          if (now == NO_PLACE) {
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
