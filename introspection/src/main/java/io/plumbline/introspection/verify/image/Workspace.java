package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Arrays that one thread verifies guests in, one after the other: twice the size of the largest
 * image. What is in it stands until the next verification.
 */
public final class Workspace {
  private byte[] expected = new byte[0];
  private byte[] guest = new byte[0];
  private long[] frames = new long[0];
  private final BitSet unreadable = new BitSet();

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
  }

  /** Bytes of the arrays. */
  public long heldBytes() {
    return (long) expected.length + guest.length;
  }

  /** What the guest that was verified last should hold, in the layout's places. */
  public byte[] expected() {
    return expected;
  }

  /** Whether the guest that was verified last holds what it should from {@code place} on. */
  public boolean explains(int place, int length) {
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
    for (int page = 0; page * PageBytes.SIZE < verifiedBytes; page++) {
      pages.set(page, unreadable.get(page) || !explains(page * PageBytes.SIZE, PageBytes.SIZE));
    }
    return pages;
  }

  /** What the guest that was verified last holds, in the layout's places. */
  public byte[] guest() {
    return guest;
  }

  /** Frame of each page of the guest that was verified last, -1 if it is not mapped. */
  public long[] frames() {
    return frames;
  }

  BitSet unreadable() {
    return unreadable;
  }
}
