package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.RisingNumbers;
import java.util.Optional;

/**
 * A run of supervisor-executable memory whose every page could be read, copied once so that a
 * traversal crosses pages without noticing. Its bytes may be given back, and are read again then
 * when somebody asks.
 */
public final class CodeRegion {
  private static final RisingNumbers NOWHERE = RisingNumbers.of(new long[0], 1);

  private final long start;
  private final int length;
  private final boolean writable;

  /** The frame of each page; of code that was not read from a guest nobody knows them. */
  private final RisingNumbers frames;

  /** Null while they are given back. */
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
    this(start, bytes.length, NOWHERE, bytes, writable);
  }

  /**
   * A region that was read from a guest.
   *
   * @param frames number of the frame of each page
   * @param bytes null if they are given back from the beginning
   */
  CodeRegion(long start, RisingNumbers frames, byte[] bytes, boolean writable) {
    this(start, frames.size() * PageBytes.SIZE, frames, bytes, writable);
  }

  private CodeRegion(long start, int length, RisingNumbers frames, byte[] bytes, boolean writable) {
    this.start = start;
    this.length = length;
    this.frames = frames;
    this.bytes = bytes;
    this.writable = writable;
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

  /**
   * The same bytes for somebody else, whatever becomes of this region's.
   *
   * @throws IllegalStateException if they were given back, and no round goes on or one is gone
   */
  CodeRegion asItIs() {
    CodeRegion copy = new CodeRegion(start, bytes(), writable);
    shared = again.isEmpty();
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

  /**
   * Gives the bytes back.
   *
   * @param code of the guest
   * @param place of the region among the guest's, by its size
   * @throws IllegalArgumentException if they were not read from a guest
   */
  void giveBack(GivenBackCode code, int place) {
    if (frames.size() * PageBytes.SIZE != length) {
      throw new IllegalArgumentException(
          "code at "
              + Long.toHexString(start)
              + " cannot be given back: it was read from no guest");
    }
    again = Optional.of(new GivenBackCode.Part(code, place, frames, start));
    bytes = null;
  }

  /**
   * Reads the bytes again and keeps them.
   *
   * @throws IllegalStateException if no round goes on, or one is gone
   */
  void hold() {
    bytes = bytes();
    again = Optional.empty();
  }

  /** Bytes that are not blank, see {@link BlankRuns}. */
  public long nonBlankBytes() {
    return nonBlankBytes(0, length);
  }

  /**
   * Where to begin to count if bytes from {@code offset} on change: before it are those of the run
   * of one byte that ends there. A run that is blank without what changes stays so.
   */
  int countedFrom(int offset) {
    byte[] code = held();
    int least = Math.max(0, offset - BlankRuns.LEAST);
    int from = offset;
    while (from > least && code[from - 1] == code[offset - 1]) {
      from--;
    }
    return from;
  }

  /** Where to end if bytes before {@code offset} change. */
  int countedTo(int offset) {
    byte[] code = held();
    int most = Math.min(length, offset + BlankRuns.LEAST);
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
    BlankRuns blank = new BlankRuns();
    blank.add(bytes(from, to), from, to);
    return to - from - blank.bytes();
  }
}
