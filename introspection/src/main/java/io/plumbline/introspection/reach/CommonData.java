package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The pages of data that guests of a build have in common, as one of its guests had them: tells
 * where another one's lead elsewhere. Immutable; for any thread.
 */
final class CommonData {
  private static final int PAGE = PageBytes.SIZE;

  private final CommonAddresses addresses;
  private final PointerWords words;
  private final List<ReachedPage> pages;

  /** Numbers of the pages that hold nothing which may be a pointer. */
  private final BitSet withoutPointers = new BitSet();

  /**
   * @param addresses of the guest
   * @param pages that it reached
   */
  CommonData(CommonAddresses addresses, PointerWords words, List<ReachedPage> pages) {
    this.addresses = addresses;
    this.words = words;
    this.pages = pages;
    for (ReachedPage page : pages) {
      boolean isWithout =
          page instanceof DataPage data
              && data.memory.bytes().map(words::areNowhereIn).orElse(false);
      withoutPointers.set(page.number, isWithout);
    }
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
    for (ReachedPage page : pages) {
      if (page instanceof DataPage here
          && other.pages.numbered(page.number) instanceof DataPage now) {
        Optional<PageBytes> was = here.memory.bytes();
        Optional<PageBytes> is = now.memory.bytes();
        if (was.isPresent() && is.isPresent()) {
          // Most read-only data is the same wherever the image lies.
          if (!withoutPointers.get(here.number) || !was.get().contentEquals(is.get())) {
            compare(was.get(), is.get(), now, there, changed, leadOut);
          }
        } else if (was.isPresent() || is.isPresent()) {
          changed.add(now);
          leadOut.put(now, wordsOut(now, there));
        }
      }
    }
    return leadOut;
  }

  private void compare(
      PageBytes was,
      PageBytes is,
      DataPage page,
      CommonAddresses there,
      Set<ReachedPage> changed,
      Map<DataPage, long[]> leadOut) {
    boolean elsewhere = false;
    long[] out = null;
    long moved = there.image() - addresses.image();
    for (int at = 0; at < PAGE; at += words.bytes()) {
      long before = words.at(was, at);
      long now = words.at(is, at);
      // Most lead to the same place of the image.
      boolean moves = now - before == moved && addresses.isOfImage(before);
      if (!moves && (words.mayLead(before) || words.mayLead(now))) {
        long place = there.placeOf(now);
        elsewhere |= place != addresses.placeOf(before);
        if (place < 0 && words.mayLead(now)) {
          out = out == null ? DataPage.noWords(words.bytes()) : out;
          DataPage.set(out, at, words.bytes());
        }
      }
    }
    if (elsewhere) {
      changed.add(page);
    }
    if (out != null) {
      leadOut.put(page, out);
    }
  }

  /** The words of another guest's page that lead to what only that guest has, a bit for each. */
  long[] wordsOut(DataPage page, CommonAddresses there) {
    long[] out = DataPage.noWords(words.bytes());
    Optional<PageBytes> content = page.memory.bytes();
    for (int at = 0; content.isPresent() && at < PAGE; at += words.bytes()) {
      long word = words.at(content.get(), at);
      if (words.mayLead(word) && !there.has(word)) {
        DataPage.set(out, at, words.bytes());
      }
    }
    return out;
  }
}
