package io.plumbline.flinkjobs.operator;

import java.util.zip.CRC32C;

/**
 * What is kept beside pages that are told as differences from an image: should it ever be read
 * differently than when they were written, they are lost and not wrong.
 */
final class PageChecksum {
  private PageChecksum() {}

  /** CRC-32C of the first {@code length} bytes. */
  static int of(byte[] pages, int length) {
    CRC32C checksum = new CRC32C();
    checksum.update(pages, 0, length);
    return (int) checksum.getValue();
  }

  /**
   * @throws PagesLostException if that is not the checksum
   */
  static void check(int expected, byte[] pages, int length) {
    int found = of(pages, length);
    if (found != expected) {
      throw new PagesLostException(
          String.format("state: expected pages of checksum %08x, found %08x", expected, found));
    }
  }
}
