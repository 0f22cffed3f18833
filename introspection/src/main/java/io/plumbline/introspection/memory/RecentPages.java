package io.plumbline.introspection.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Pages of a guest that stands still, of which the last ones are remembered: every walk of its page
 * tables reads the same few, and to read one may cost a system call or a look-up in a database. Not
 * for several threads, and of no use once the guest may have changed.
 */
public final class RecentPages implements PageSource {
  /** A mebibyte. */
  private static final int SLOTS = 256;

  private static final long EMPTY = -1;

  private final PageSource pages;
  private final long[] frames = new long[SLOTS];
  private final List<Optional<PageBytes>> contents =
      new ArrayList<>(Collections.nCopies(SLOTS, Optional.empty()));

  public RecentPages(PageSource pages) {
    this.pages = pages;
    Arrays.fill(frames, EMPTY);
  }

  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    int slot = (int) frame.value() & (SLOTS - 1);
    if (frames[slot] != frame.value()) {
      contents.set(slot, pages.read(frame));
      frames[slot] = frame.value();
    }
    return contents.get(slot);
  }
}
