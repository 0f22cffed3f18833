package io.plumbline.introspection.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The content of one 4 KiB guest frame, read-only: a window of 4096 bytes into an array that its
 * owner promises not to change. x86 is little-endian, and so are the multi-byte reads.
 */
public final class PageBytes {
  /** Bytes of a frame. */
  public static final int SIZE = 4096;

  /** A frame of zeros; two thirds of a fresh guest are this. */
  public static final PageBytes ZERO = new PageBytes(new byte[SIZE], 0, null);

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] array;
  private final int start;
  private final ReadWords watch;

  private PageBytes(byte[] array, int start, ReadWords watch) {
    this.array = array;
    this.start = start;
    this.watch = watch;
  }

  /**
   * The 4096 bytes of {@code array} from {@code start}; not copied, so the caller must not change
   * them any more.
   *
   * @throws IllegalArgumentException if fewer than 4096 bytes lie there
   */
  public static PageBytes wrap(byte[] array, int start) {
    if (start < 0 || array.length - start < SIZE) {
      throw new IllegalArgumentException(
          "page: expected 4096 bytes from " + start + ", found an array of " + array.length);
    }
    return new PageBytes(array, start, null);
  }

  /** A page of exactly these 4096 bytes; not copied. */
  public static PageBytes wrap(byte[] page) {
    if (page.length != SIZE) {
      throw new IllegalArgumentException("page: expected 4096 bytes, found " + page.length);
    }
    return new PageBytes(page, 0, null);
  }

  /** The same bytes; which of them are read is noted in {@code words}. */
  PageBytes watchedBy(ReadWords words) {
    return new PageBytes(array, start, words);
  }

  /** The unsigned byte at {@code offset}. */
  public int byteAt(int offset) {
    return array[index(offset, Byte.BYTES)] & 0xff;
  }

  /** The unsigned 16-bit value at {@code offset}, which need not be aligned. */
  public int shortAt(int offset) {
    return (short) SHORT.get(array, index(offset, Short.BYTES)) & 0xffff;
  }

  /** The signed 32-bit value at {@code offset}, which need not be aligned. */
  public int intAt(int offset) {
    return (int) INT.get(array, index(offset, Integer.BYTES));
  }

  /** The 64-bit value at {@code offset}, which need not be aligned. */
  public long longAt(int offset) {
    return (long) LONG.get(array, index(offset, Long.BYTES));
  }

  /** Copies {@code length} bytes from {@code offset} into {@code target}. */
  public void copyTo(int offset, byte[] target, int targetOffset, int length) {
    System.arraycopy(array, index(offset, length), target, targetOffset, length);
  }

  /**
   * The same page with no more bytes than its own: who keeps one of several pages in an array would
   * keep them all.
   */
  public PageBytes alone() {
    return array.length == SIZE
        ? this
        : new PageBytes(Arrays.copyOfRange(array, start, start + SIZE), 0, watch);
  }

  /** A fresh copy of the 4096 bytes. */
  public byte[] toByteArray() {
    readAll();
    return Arrays.copyOfRange(array, start, start + SIZE);
  }

  /** The array the window lies in, for loops that cannot afford a copy; read-only by contract. */
  public byte[] backingArray() {
    readAll();
    return array;
  }

  /** Where the window begins in {@link #backingArray()}. */
  public int backingOffset() {
    return start;
  }

  /** Whether every byte is zero. */
  public boolean isZero() {
    return this == ZERO || contentEquals(ZERO);
  }

  /** Whether every byte is the same. */
  public boolean isUniform() {
    readAll();
    return Arrays.equals(array, start, start + SIZE - 1, array, start + 1, start + SIZE);
  }

  /** Whether both windows hold the same 4096 bytes. */
  public boolean contentEquals(PageBytes other) {
    readAll();
    other.readAll();
    return Arrays.equals(array, start, start + SIZE, other.array, other.start, other.start + SIZE);
  }

  private void readAll() {
    if (watch != null) {
      watch.add(0, SIZE);
    }
  }

  private int index(int offset, int length) {
    if (offset < 0 || offset > SIZE - length) {
      throw new IndexOutOfBoundsException(
          length + " bytes at offset " + offset + " do not lie inside one page");
    }
    if (watch != null) {
      watch.add(offset, length);
    }
    return start + offset;
  }
}
