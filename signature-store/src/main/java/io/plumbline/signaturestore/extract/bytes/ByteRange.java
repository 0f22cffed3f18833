package io.plumbline.signaturestore.extract.bytes;

import io.plumbline.signaturestore.extract.ExtractionException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A part of a file, read as little-endian numbers. Every place counts from the part's first byte;
 * whoever reads outside it is told so in one line that names the part.
 */
public final class ByteRange {
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final String name;
  private final byte[] array;
  private final int from;
  private final int length;

  private ByteRange(String name, byte[] array, int from, int length) {
    this.name = name;
    this.array = array;
    this.from = from;
    this.length = length;
  }

  /** The whole of {@code bytes}, which are not copied; {@code name} goes into messages. */
  public static ByteRange of(String name, byte[] bytes) {
    return new ByteRange(name, bytes, 0, bytes.length);
  }

  /** What messages call it. */
  public String name() {
    return name;
  }

  public int length() {
    return length;
  }

  /** The same bytes under another name. */
  public ByteRange named(String other) {
    return new ByteRange(other, array, from, length);
  }

  /**
   * A part of this part.
   *
   * @param what it is, for messages
   * @throws ExtractionException if it does not lie in this one
   */
  public ByteRange slice(String what, long at, long bytes) throws ExtractionException {
    if (at < 0 || bytes < 0 || at > length || bytes > length - at) {
      throw new ExtractionException(
          name + ": " + what,
          String.format("%d bytes at 0x%x", bytes, at),
          String.format("the end at 0x%x", length));
    }
    return new ByteRange(name + ": " + what, array, from + (int) at, (int) bytes);
  }

  /** Whether {@code wanted} stands at {@code at}; a place outside is no error here. */
  public boolean has(int at, byte[] wanted) {
    return at >= 0
        && at <= length - wanted.length
        && Arrays.equals(array, from + at, from + at + wanted.length, wanted, 0, wanted.length);
  }

  /** 8 bits, unsigned. */
  public int u8(int at) throws ExtractionException {
    return array[index(at, 1)] & 0xff;
  }

  /** 16 bits, unsigned. */
  public int u16(int at) throws ExtractionException {
    return (short) SHORTS.get(array, index(at, Short.BYTES)) & 0xffff;
  }

  /** 32 bits, signed. */
  public int s32(int at) throws ExtractionException {
    return (int) INTS.get(array, index(at, Integer.BYTES));
  }

  /** 32 bits, unsigned. */
  public long u32(int at) throws ExtractionException {
    return s32(at) & 0xffff_ffffL;
  }

  /** 64 bits. */
  public long s64(int at) throws ExtractionException {
    return (long) LONGS.get(array, index(at, Long.BYTES));
  }

  /**
   * Printable ASCII up to the first other byte.
   *
   * @param most characters that are taken
   */
  public String text(int at, int most) throws ExtractionException {
    int start = index(at, 0);
    int end = start;
    while (end < from + length && end < start + most && array[end] >= ' ' && array[end] <= '~') {
      end++;
    }
    return new String(array, start, end - start, StandardCharsets.US_ASCII);
  }

  /** The place of the first {@code wanted} at or after {@code at}, or -1. */
  public int indexOf(byte[] wanted, int at) {
    for (int i = Math.max(0, at); i <= length - wanted.length; i++) {
      if (array[from + i] == wanted[0] && has(i, wanted)) {
        return i;
      }
    }
    return -1;
  }

  /** A copy of the bytes. */
  public byte[] copy() {
    return Arrays.copyOfRange(array, from, from + length);
  }

  /** Copies all bytes to {@code target} from {@code at} on. */
  public void copyTo(byte[] target, int at) {
    System.arraycopy(array, from, target, at, length);
  }

  /** The array that holds the bytes, for codecs; not to be changed. */
  public byte[] backingArray() {
    return array;
  }

  /** Where in {@link #backingArray} the first byte is. */
  public int backingOffset() {
    return from;
  }

  private int index(int at, int bytes) throws ExtractionException {
    if (at < 0 || at > length - bytes) {
      throw new ExtractionException(
          name,
          String.format("%d bytes at 0x%x", bytes, at),
          String.format("the end at 0x%x", length));
    }
    return from + at;
  }
}
