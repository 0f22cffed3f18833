package io.plumbline.signaturestore.keep;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The body of a section as it is read, and never past its end. Counts are checked against what is
 * left before anything is allocated for them, because every counted thing takes at least a byte.
 */
final class ByteSource {
  private final String where;
  private final byte[] bytes;
  private int position;

  /**
   * @param where names the file and the section in messages
   */
  ByteSource(String where, byte[] bytes) {
    this.where = where;
    this.bytes = bytes;
  }

  int u8(String what) throws SignatureException {
    need(1, what);
    return bytes[position++] & 0xff;
  }

  long int64(String what) throws SignatureException {
    need(Long.BYTES, what);
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      value |= (bytes[position++] & 0xffL) << shift;
    }
    return value;
  }

  /** A number from 0 to {@code most}. */
  int unsigned(String what, int most) throws SignatureException {
    int at = position;
    long value = leb128(what);
    if (value > most) {
      throw refuse(at, what, "0 to " + most, value);
    }
    return (int) value;
  }

  int signed(String what) throws SignatureException {
    int coded = (int) leb128(what);
    return (coded >>> 1) ^ -(coded & 1);
  }

  long signedLong(String what) throws SignatureException {
    int at = position;
    long coded = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int next = u8(what);
      coded |= (next & 0x7fL) << shift;
      if (next < 0x80) {
        return (coded >>> 1) ^ -(coded & 1);
      }
    }
    throw refuse(at, what, "a number of at most 64 bits in LEB128", "a longer one");
  }

  /** How many things follow, each at least {@code size} bytes long. */
  int count(String what, int most, int size) throws SignatureException {
    int at = position;
    int count = unsigned("number of " + what, most);
    if ((long) count * size > bytes.length - position) {
      throw refuse(
          at,
          "number of " + what,
          "what fits into the " + (bytes.length - position) + " bytes after it",
          count);
    }
    return count;
  }

  String text(String what, int longest) throws SignatureException {
    int length = unsigned("length of " + what, longest);
    int at = position;
    byte[] utf8 = raw(what, length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw refuse(at, what, "UTF-8", e);
    }
  }

  byte[] raw(String what, int length) throws SignatureException {
    need(length, what);
    byte[] value = Arrays.copyOfRange(bytes, position, position + length);
    position += length;
    return value;
  }

  /** Numbers as {@link ByteSink#ascending} wrote them, strictly ascending. */
  int[] ascending(String what, int most) throws SignatureException {
    int[] values = new int[count(what, most, 1)];
    for (int i = 0; i < values.length; i++) {
      values[i] = i == 0 ? signed(what) : values[i - 1] + stepAfter(values[i - 1], what);
    }
    return values;
  }

  /** Numbers as {@link ByteSink#steps} wrote them. */
  int[] steps(String what, int most) throws SignatureException {
    int[] values = new int[count(what, most, 1)];
    int value = 0;
    for (int i = 0; i < values.length; i++) {
      value += signed(what);
      values[i] = value;
    }
    return values;
  }

  /** A step to a number that is greater than {@code previous} and still an {@code int}. */
  int stepAfter(int previous, String what) throws SignatureException {
    int at = position;
    int step = unsigned(what, Integer.MAX_VALUE);
    if (step == 0 || (long) previous + step > Integer.MAX_VALUE) {
      throw refuse(at, what, "a step up to at most 2^31-1", step + " after " + previous);
    }
    return step;
  }

  /** Says that nothing may follow. */
  void end() throws SignatureException {
    if (position != bytes.length) {
      throw refuse(position, "end", "no more bytes", bytes.length - position);
    }
  }

  int position() {
    return position;
  }

  SignatureException refuse(long offset, String what, String expected, Object found) {
    return SignatureException.at(where, offset, what, expected, found);
  }

  private void need(int length, String what) throws SignatureException {
    if (length > bytes.length - position) {
      throw refuse(
          position, what, length + " bytes", (bytes.length - position) + " before the end");
    }
  }

  private long leb128(String what) throws SignatureException {
    int at = position;
    long value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      int next = u8(what);
      value |= (long) (next & 0x7f) << shift;
      if (next < 0x80) {
        if (value > 0xffff_ffffL) {
          break;
        }
        return value;
      }
    }
    throw refuse(at, what, "a number of at most 32 bits in LEB128", "a longer one");
  }
}
