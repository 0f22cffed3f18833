package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.TextBytes;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Arrays that one thread verifies guests in, one after the other: twice the size of the largest
 * image. What is in it stands until the next verification.
 */
public final class Workspace implements TextBytes {
  private static final int PAGE = PageBytes.SIZE;

  private final boolean inTurn;
  private byte[] expected = new byte[0];
  private byte[] guest = new byte[0];
  private long[] frames = new long[0];
  private final BitSet unreadable = new BitSet();

  /** Who puts pages there when somebody asks; null while all are there. */
  private PageFiller filler;

  private final BitSet filled = new BitSet();
  private int verifiedBytes;

  /** Puts what the guest holds in a page, and what it should hold, at its place. */
  @FunctionalInterface
  interface PageFiller {
    /** Fills a page, from 0, in both arrays. */
    void fill(int page, byte[] expected, byte[] guest);
  }

  /** For one guest, which may be kept up with: all of its bytes are there. */
  public Workspace() {
    this(false);
  }

  private Workspace(boolean inTurn) {
    this.inTurn = inTurn;
  }

  /** For guests that are verified in turn: bytes that nobody asks for need not be there. */
  public static Workspace forGuestsInTurn() {
    return new Workspace(true);
  }

  /** Whether bytes that nobody asks for need not be there. */
  boolean isForGuestsInTurn() {
    return inTurn;
  }

  void prepare(int imageBytes, int verifiedPages, int verifiedBytes) {
    if (expected.length < imageBytes) {
      expected = new byte[imageBytes];
    }
    if (guest.length < verifiedBytes) {
      guest = new byte[verifiedBytes];
    }
    if (frames.length < verifiedPages) {
      frames = new long[verifiedPages];
    }
    Arrays.fill(frames, -1);
    unreadable.clear();
    filler = null;
    this.verifiedBytes = verifiedBytes;
  }

  /** Leaves both arrays as they are until somebody asks for pages of what is verified. */
  void fillOnDemand(PageFiller fills) {
    filler = fills;
    filled.clear();
  }

  /** Both arrays are filled by whoever asks for them from now on. */
  void fillAll() {
    filler = null;
  }

  /** Forgets who fills pages: what was not asked for until now cannot be had any more. */
  public void release() {
    if (filler != null) {
      filler =
          (page, should, is) -> {
            throw new IllegalStateException("page " + page + " was not asked for in time");
          };
    }
  }

  private void fill(int from, int to) {
    if (filler == null) {
      return;
    }
    int end = (Math.min(to, verifiedBytes) + PAGE - 1) / PAGE;
    int page = filled.nextClearBit(from / PAGE);
    while (page < end) {
      filler.fill(page, expected, guest);
      filled.set(page);
      page = filled.nextClearBit(page + 1);
    }
  }

  /** Bytes of the arrays. */
  public long heldBytes() {
    return (long) expected.length + guest.length;
  }

  @Override
  public byte[] expected(int from, int to) {
    fill(from, to);
    return expected;
  }

  @Override
  public byte[] guest(int from, int to) {
    fill(from, to);
    return guest;
  }

  /** What the guest that was verified last should hold, in the layout's places. */
  public byte[] expected() {
    return expected(0, verifiedBytes);
  }

  /** What the guest that was verified last holds, in the layout's places. */
  public byte[] guest() {
    return guest(0, verifiedBytes);
  }

  /** Whether the guest that was verified last holds what it should from {@code place} on. */
  public boolean explains(int place, int length) {
    fill(place, place + length);
    return Arrays.equals(expected, place, place + length, guest, place, place + length);
  }

  /** Pages of the guest that was verified last that can be read and are not what they should. */
  BitSet unexplainedPages(int verifiedBytes) {
    BitSet pages = otherPages(verifiedBytes);
    pages.andNot(unreadable);
    return pages;
  }

  /** Pages of the guest that was verified last that were not seen to be what they should. */
  BitSet otherPages(int verifiedBytes) {
    BitSet pages = new BitSet();
    for (int page = 0; page * PAGE < verifiedBytes; page++) {
      pages.set(page, unreadable.get(page) || !explains(page * PAGE, PAGE));
    }
    return pages;
  }

  /** Frame of each page of the guest that was verified last, -1 if it is not mapped. */
  public long[] frames() {
    return frames;
  }

  BitSet unreadable() {
    return unreadable;
  }
}
