package io.plumbline.introspection.reach;

import java.util.Optional;

/**
 * A run of supervisor-executable memory whose every page could be read, copied once so that a
 * traversal crosses pages without noticing. Its bytes may be given back, and are read again then
 * when somebody asks.
 */
public final class CodeRegion {
  private static final int BLANK_RUN = 64;
  private static final byte INT3 = (byte) 0xcc;

  private final long start;
  private final int length;
  private final boolean writable;

  /** Null once they were given back. */
  private byte[] bytes;

  /** Whether somebody else has the same array, who must not see it change. */
  private boolean shared;

  /** Who reads them again; empty while they are held. */
  private Optional<GivenBackCode.Part> again = Optional.empty();

  /**
   * A region that holds its bytes.
   *
   * @param start linear address of the first byte, page-aligned
   * @param bytes the content, a whole number of pages
   * @param writable whether the supervisor may write some page of it through the same mapping
   */
  public CodeRegion(long start, byte[] bytes, boolean writable) {
    this.start = start;
    this.length = bytes.length;
    this.writable = writable;
    this.bytes = bytes;
  }

  /** Linear address of the first byte, page-aligned. */
  public long start() {
    return start;
  }

  /** Bytes that it has. */
  public int length() {
    return length;
  }

  /** Whether the supervisor may write some page of it through the same mapping. */
  public boolean writable() {
    return writable;
  }

  /**
   * All of its bytes in an array of its {@link #length}. If they were given back all are read again
   * into a new array: who needs few of them asks for these.
   *
   * @throws IllegalStateException if they were given back, and no round goes on or one is gone
   */
  public byte[] bytes() {
    return again.isEmpty() ? bytes : again.get().copy();
  }

  /**
   * An array in which the bytes between two offsets lie at their offsets. It may be longer than the
   * region, and what lies elsewhere in it means nothing. If the bytes were given back it stands
   * until the round ends in which it was asked for; no other ask changes what is in it.
   *
   * @param from offset of the first byte
   * @param to offset of the byte after the last; what is beyond the region is left out
   * @throws IllegalStateException if they were given back, and no round goes on or one is gone
   */
  public byte[] bytes(int from, int to) {
    return again.isEmpty() ? bytes : again.get().with(from, Math.min(to, length));
  }

  /** Whether {@code address} lies in this region; addresses compare as unsigned by wrap-around. */
  public boolean contains(long address) {
    long offset = address - start;
    return offset >= 0 && offset < length;
  }

  /** The index in {@link #bytes} of an address that lies in this region. */
  public int offsetOf(long address) {
    return (int) (address - start);
  }

  /** The same bytes for somebody else, whatever becomes of this region's. */
  CodeRegion asItIs() {
    CodeRegion copy = new CodeRegion(start, held(), writable);
    shared = true;
    return copy;
  }

  /** The bytes to be changed, which nobody else has. */
  byte[] own() {
    if (shared) {
      bytes = held().clone();
      shared = false;
    }
    return held();
  }

  /**
   * The bytes that are held.
   *
   * @throws IllegalStateException if they were given back
   */
  byte[] held() {
    if (bytes == null) {
      throw new IllegalStateException(
          "code at "
              + Long.toHexString(start)
              + " was given back, and must not have changed since");
    }
    return bytes;
  }

  /** Gives the bytes back. */
  void giveBack(GivenBackCode.Part readsAgain) {
    again = Optional.of(readsAgain);
    bytes = null;
  }

  /**
   * Bytes that are not blank. Blank is a run of at least {@value #BLANK_RUN} zeros or INT3: the
   * unused rest of a large page, which nobody would count as text.
   */
  public long nonBlankBytes() {
    return nonBlankBytes(0, length);
  }

  /**
   * Where to begin to count if bytes from {@code offset} on change: before it are those of the run
   * of one byte that ends there. A run that is blank without what changes stays so.
   */
  int countedFrom(int offset) {
    byte[] code = held();
    int least = Math.max(0, offset - BLANK_RUN);
    int from = offset;
    while (from > least && code[from - 1] == code[offset - 1]) {
      from--;
    }
    return from;
  }

  /** Where to end if bytes before {@code offset} change. */
  int countedTo(int offset) {
    byte[] code = held();
    int most = Math.min(length, offset + BLANK_RUN);
    int to = offset;
    while (to < most && code[to] == code[offset]) {
      to++;
    }
    return to;
  }

  /**
   * The same between two offsets; a run that goes beyond one of them has as many bytes between them
   * as make it blank, or none.
   */
  public long nonBlankBytes(int from, int to) {
    byte[] code = bytes(from, to);
    long blank = 0;
    int end = from;
    int at = from + BLANK_RUN - 1;
    // A run that begins at or after the end of the last one covers one of the places looked at.
    while (at < to) {
      byte filler = code[at];
      if (filler != 0 && filler != INT3) {
        at += BLANK_RUN;
        continue;
      }
      int start = at;
      while (start > end && code[start - 1] == filler) {
        start--;
      }
      end = at + 1;
      while (end < to && code[end] == filler) {
        end++;
      }
      blank += end - start >= BLANK_RUN ? end - start : 0;
      at = end + BLANK_RUN - 1;
    }
    return to - from - blank;
  }
}
