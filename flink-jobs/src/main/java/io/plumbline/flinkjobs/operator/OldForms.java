package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.memory.PageBytes;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What state kept pages in before there were blocks of frames. It is read and not written:
 *
 * <ul>
 *   <li>a page for itself, whose length said how: 0 zeros, 1 that byte throughout, 4096 the page,
 *       4097 a byte without meaning and the page, else deflated
 *   <li>sixteen pages of the kernel's image: a 1, CRC-32C of them (4 bytes, big-endian) and {@link
 *       ByteRuns} over the image, deflated
 * </ul>
 */
final class OldForms {
  private static final int SIZE = PageBytes.SIZE;

  /** Pages of the image in one of its blocks. */
  static final int PAGES = 16;

  private static final byte FORM = 1;
  private static final int HEADER = 1 + Integer.BYTES;

  private OldForms() {}

  /**
   * A page that was kept for itself: its 4096 bytes, or none for zeros.
   *
   * @throws PagesLostException if it is in none of the forms
   */
  static byte[] page(byte[] stored) {
    return switch (stored.length) {
      case 0, SIZE -> stored;
      case 1 -> {
        byte[] page = new byte[SIZE];
        Arrays.fill(page, stored[0]);
        yield page;
      }
      case SIZE + 1 -> Arrays.copyOfRange(stored, 1, stored.length);
      default -> Deflated.whole(stored, 0, SIZE);
    };
  }

  /**
   * Sixteen pages of the image as the guest has them.
   *
   * @param image what the image has there, which is written over
   * @throws PagesLostException if {@code stored} is not over this image
   */
  static byte[] block(byte[] stored, byte[] image) {
    if (stored == null || stored.length < HEADER || stored[0] != FORM) {
      throw new PagesLostException("state: expected a block of the image, found none in form 1");
    }
    byte[] runs = new byte[ByteRuns.most(image.length)];
    ByteRuns.read(
        ByteBuffer.wrap(runs, 0, Deflated.inflate(stored, HEADER, runs)), image, image.length);
    PageChecksum.check(ByteBuffer.wrap(stored).getInt(1), image, image.length);
    return image;
  }
}
