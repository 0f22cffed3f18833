package io.plumbline.signaturestore.keep;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;

/**
 * The body of a section as it is written: fixed-size numbers little-endian, others as LEB128 (seven
 * bits a byte, lowest first), signed ones zigzag-coded so that small negative numbers stay short.
 */
final class ByteSink {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  void u8(int value) {
    bytes.write(value);
  }

  void int64(long value) {
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      bytes.write((int) (value >>> shift));
    }
  }

  /** A number that is not negative. */
  void unsigned(int value) {
    if (value < 0) {
      throw new IllegalArgumentException(
          "signature: expected a number from 0, found " + value + " to be written");
    }
    leb128(value);
  }

  void signed(int value) {
    leb128(Integer.toUnsignedLong((value << 1) ^ (value >> 31)));
  }

  void signedLong(long value) {
    leb128((value << 1) ^ (value >> 63));
  }

  void text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    unsigned(utf8.length);
    raw(utf8);
  }

  void raw(byte[] value) {
    bytes.write(value, 0, value.length);
  }

  /** A count and then the numbers, the first as it is and each other as its step up. */
  void ascending(Collection<Integer> values) {
    unsigned(values.size());
    int previous = 0;
    boolean first = true;
    for (int value : values) {
      if (first) {
        signed(value);
      } else {
        unsigned(Math.subtractExact(value, previous));
      }
      previous = value;
      first = false;
    }
  }

  /** A count and then the numbers in the order given, each as its step from the one before. */
  void steps(int[] values) {
    unsigned(values.length);
    int previous = 0;
    for (int value : values) {
      signed(value - previous);
      previous = value;
    }
  }

  byte[] toByteArray() {
    return bytes.toByteArray();
  }

  private void leb128(long value) {
    long rest = value;
    while ((rest & -0x80L) != 0) {
      bytes.write((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    bytes.write((int) rest);
  }
}
