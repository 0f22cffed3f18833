package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.memory.PageBytes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * {@link #PAGES} consecutive pages of a guest's kernel, kept as the bytes that its image does not
 * hold. Stored: the form's number (1), CRC-32C of all pages (4 bytes, big-endian), and deflated
 * runs: how many bytes are the image's, how many follow that are not, these bytes; both numbers in
 * groups of 7 bits, the lowest first. What follows the last run is the image's.
 *
 * <p>The checksum is for the image: should it ever be read differently than when the block was
 * written, the pages are lost and not wrong.
 */
final class ImageBlock {
  /** Pages of a block: fewer deflate worse, more are written anew when one of them changes. */
  static final int PAGES = 16;

  static final int BYTES = PAGES * PageBytes.SIZE;

  private static final byte FORM = 1;
  private static final int HEADER = 1 + Integer.BYTES;
  private static final int SEVEN_BITS = 0x7f;
  private static final int MORE = 0x80;

  /** Equal bytes that are cheaper to repeat than to skip. */
  private static final int SHORT_GAP = 2;

  /** Runs take at most twice the bytes that they tell: each is followed by a gap. */
  private static final int MOST_RUN_BYTES = 2 * BYTES + 16;

  private ImageBlock() {}

  /**
   * The stored form.
   *
   * @param guest what the guest holds, {@link #BYTES} of it
   * @param image what the image has there
   */
  static byte[] stored(byte[] guest, byte[] image) {
    ByteBuffer runs = ByteBuffer.allocate(MOST_RUN_BYTES);
    int end = 0;
    for (int from = difference(guest, image, 0); from < BYTES; ) {
      int to = endOfRun(guest, image, from);
      number(runs, from - end);
      number(runs, to - from);
      runs.put(guest, from, to - from);
      end = to;
      from = difference(guest, image, to);
    }
    byte[] deflated = Deflated.of(runs.array(), runs.position());
    return ByteBuffer.allocate(HEADER + deflated.length)
        .put(FORM)
        .putInt(checksum(guest))
        .put(deflated)
        .array();
  }

  /**
   * What the guest holds.
   *
   * @param image what the image has there, which is written over
   * @throws PagesLostException if {@code stored} is not over this image
   */
  static byte[] read(byte[] stored, byte[] image) {
    if (stored.length < HEADER || stored[0] != FORM) {
      throw new PagesLostException(
          "state: expected pages in form " + FORM + ", found " + stored.length + " other bytes");
    }
    byte[] plain = new byte[MOST_RUN_BYTES];
    ByteBuffer runs = ByteBuffer.wrap(plain, 0, Deflated.inflate(stored, HEADER, plain));
    int at = 0;
    while (runs.hasRemaining()) {
      at += number(runs);
      int length = number(runs);
      if (length < 1 || at < 0 || length > BYTES - at || length > runs.remaining()) {
        throw new PagesLostException(
            "state: expected bytes of " + PAGES + " pages, found a run of " + length + " at " + at);
      }
      runs.get(image, at, length);
      at += length;
    }
    int expected = ByteBuffer.wrap(stored, 1, Integer.BYTES).getInt();
    int found = checksum(image);
    if (found != expected) {
      throw new PagesLostException(
          String.format(
              "state: expected pages of checksum %08x over the image, found %08x",
              expected, found));
    }
    return image;
  }

  private static int checksum(byte[] pages) {
    CRC32C checksum = new CRC32C();
    checksum.update(pages, 0, BYTES);
    return (int) checksum.getValue();
  }

  private static int difference(byte[] guest, byte[] image, int from) {
    int distance = Arrays.mismatch(guest, from, BYTES, image, from, BYTES);
    return distance < 0 ? BYTES : from + distance;
  }

  private static int endOfRun(byte[] guest, byte[] image, int from) {
    int end = from + 1;
    for (int at = end; at < BYTES && at - end < SHORT_GAP; at++) {
      if (guest[at] != image[at]) {
        end = at + 1;
      }
    }
    return end;
  }

  private static void number(ByteBuffer to, int value) {
    int rest = value;
    while (rest > SEVEN_BITS) {
      to.put((byte) ((rest & SEVEN_BITS) | MORE));
      rest >>>= 7;
    }
    to.put((byte) rest);
  }

  private static int number(ByteBuffer from) {
    int value = 0;
    for (int shift = 0; shift < Integer.SIZE && from.hasRemaining(); shift += 7) {
      int next = from.get();
      value |= (next & SEVEN_BITS) << shift;
      if ((next & MORE) == 0) {
        return value;
      }
    }
    throw new PagesLostException("state: expected a number of bytes, found the end");
  }
}
