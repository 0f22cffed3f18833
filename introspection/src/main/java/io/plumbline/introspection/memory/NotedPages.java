package io.plumbline.introspection.memory;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Pages that were read, by frame. Those that were given back are columns: a guest has some
 * thousand, and hardly any is asked for again.
 */
final class NotedPages {
  /** Bytes that a page takes that is not given back, besides its content, about. */
  private static final long PAGE_OBJECTS = 256;

  private static final int DIGEST = 4;
  private static final long[] NONE = {};

  /** Those that are not given back. */
  private final Map<Long, NotedPage> awake = new HashMap<>();

  /** Frames of the others, in order. */
  private long[] frames = NONE;

  /** Four numbers for each. */
  private long[] digests = NONE;

  /** Null for one that is not given back any more. */
  private PageWords[] words = {};

  /** What a page was compared with last, for who takes it then. */
  private PageBytes compared = PageBytes.ZERO;

  private int comparedPlace = -1;
  private PageDigest comparedDigest = PageDigest.ZERO;

  private int placeOf(long frame) {
    int place = Arrays.binarySearch(frames, frame);
    return place >= 0 && words[place] != null ? place : -1;
  }

  /** Whether a word that counts is another by now. */
  boolean isAnother(long frame, Optional<PageBytes> now) {
    NotedPage page = awake.get(frame);
    if (page != null) {
      return page.isAnother(now);
    }
    int place = placeOf(frame);
    return place >= 0 && (now.isEmpty() || !kept(place).equals(digest(place, now.get())));
  }

  /** Takes the page as it is now for the one that was read: no word that counts differs. */
  void renew(long frame, Optional<PageBytes> now) {
    int place = placeOf(frame);
    if (place >= 0 && now.isPresent()) {
      keep(place, digest(place, now.get()));
    } else {
      NotedPage page = place >= 0 ? awaken(place) : awake.get(frame);
      if (page != null) {
        page.renew(now);
      }
    }
    compared = PageBytes.ZERO;
    comparedPlace = -1;
  }

  private PageDigest digest(int place, PageBytes now) {
    if (place != comparedPlace || now != compared) {
      comparedDigest = words[place].digestOf(now);
      comparedPlace = place;
      compared = now;
    }
    return comparedDigest;
  }

  private PageDigest kept(int place) {
    int at = DIGEST * place;
    return new PageDigest(digests[at], digests[at + 1], digests[at + 2], digests[at + 3]);
  }

  private void keep(int place, PageDigest digest) {
    int at = DIGEST * place;
    digests[at] = digest.first();
    digests[at + 1] = digest.second();
    digests[at + 2] = digest.third();
    digests[at + 3] = digest.fourth();
  }

  private NotedPage awaken(int place) {
    NotedPage page = new NotedPage(kept(place), new ReadWords(words[place]));
    words[place] = null;
    awake.put(frames[place], page);
    return page;
  }

  /** The page of a frame; null if none was read. */
  NotedPage get(long frame) {
    int place = placeOf(frame);
    return place >= 0 ? awaken(place) : awake.get(frame);
  }

  /** Forgets the page of a frame. */
  void remove(long frame) {
    get(frame);
    awake.remove(frame);
  }

  /** Adds a page for a frame of which none was read, or instead of the one that was. */
  void put(long frame, NotedPage page) {
    remove(frame);
    awake.put(frame, page);
  }

  /** Gives back what the pages hold but for what tells whether a word that counts is another. */
  void giveBack() {
    awake.values().forEach(NotedPage::giveBack);
    long[] fresh =
        awake.entrySet().stream()
            .filter(
                page ->
                    page.getValue().kept() != null
                        && Arrays.binarySearch(frames, page.getKey()) < 0)
            .mapToLong(Map.Entry::getKey)
            .toArray();
    if (fresh.length > 0) {
      makeRoom(fresh);
    }
    awake
        .entrySet()
        .removeIf(page -> page.getValue().kept() != null && rests(page.getKey(), page.getValue()));
    comparedPlace = -1;
  }

  private boolean rests(long frame, NotedPage page) {
    int place = Arrays.binarySearch(frames, frame);
    keep(place, page.kept());
    words[place] = page.words().lasting();
    return true;
  }

  private void makeRoom(long[] fresh) {
    long[] before = frames;
    long[] digestsBefore = digests;
    PageWords[] wordsBefore = words;
    frames = Arrays.copyOf(before, before.length + fresh.length);
    System.arraycopy(fresh, 0, frames, before.length, fresh.length);
    Arrays.sort(frames);
    digests = new long[DIGEST * frames.length];
    words = new PageWords[frames.length];
    int place = 0;
    for (int i = 0; i < before.length; i++) {
      while (frames[place] != before[i]) {
        place++;
      }
      words[place] = wordsBefore[i];
      System.arraycopy(digestsBefore, DIGEST * i, digests, DIGEST * place, DIGEST);
    }
  }

  /** Visits the frames that were read, and the words of each. */
  void forEach(BiConsumer<Long, PageWords> visitor) {
    awake.forEach((frame, page) -> visitor.accept(frame, page.words().words().and(PageWords.NONE)));
    for (int place = 0; place < frames.length; place++) {
      if (words[place] != null) {
        visitor.accept(frames[place], words[place]);
      }
    }
  }

  /** Bytes of heap, about. */
  long heldBytes() {
    long content = awake.values().stream().filter(NotedPage::hasContent).count();
    return content * PageBytes.SIZE
        + awake.size() * PAGE_OBJECTS
        + (long) frames.length * (Long.BYTES * (1 + DIGEST) + Integer.BYTES);
  }
}
