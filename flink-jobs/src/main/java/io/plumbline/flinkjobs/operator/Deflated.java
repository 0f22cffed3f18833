package io.plumbline.flinkjobs.operator;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** Bytes of the state in the deflate format (RFC 1951), without a header. */
final class Deflated {
  private static final int BUFFER = 8192;

  private Deflated() {}

  /** The first {@code length} bytes, deflated. */
  static byte[] of(byte[] plain, int length) {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
    try {
      deflater.setInput(plain, 0, length);
      deflater.finish();
      ByteArrayOutputStream to = new ByteArrayOutputStream(BUFFER);
      byte[] buffer = new byte[BUFFER];
      while (!deflater.finished()) {
        to.write(buffer, 0, deflater.deflate(buffer));
      }
      return to.toByteArray();
    } finally {
      deflater.end();
    }
  }

  /**
   * Exactly {@code length} bytes.
   *
   * @param from where the deflated bytes begin in {@code stored}
   * @throws PagesLostException if they are not deflated, or more or fewer
   */
  static byte[] whole(byte[] stored, int from, int length) {
    byte[] plain = new byte[length + 1];
    int found = inflate(stored, from, plain);
    if (found != length) {
      throw new PagesLostException(
          "state: expected " + length + " bytes of " + stored.length + " deflated, found " + found);
    }
    return Arrays.copyOf(plain, length);
  }

  /** How many bytes were written to {@code plain}, at most its length. */
  static int inflate(byte[] stored, int from, byte[] plain) {
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(stored, from, stored.length - from);
      int at = 0;
      while (at < plain.length && !inflater.finished()) {
        int more = inflater.inflate(plain, at, plain.length - at);
        if (more == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
          break;
        }
        at += more;
      }
      return at;
    } catch (DataFormatException e) {
      throw new PagesLostException("state: expected deflated bytes, found " + e.getMessage());
    } finally {
      inflater.end();
    }
  }
}
