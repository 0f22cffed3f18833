package io.plumbline.introspection.memory;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 (FIPS 180-4) of a page's 4096 bytes: strong, because the guest chooses the bytes. Four
 * longs, so that a million of them are no burden.
 *
 * @param first bytes 0 to 7, big-endian
 * @param second bytes 8 to 15, big-endian
 * @param third bytes 16 to 23, big-endian
 * @param fourth bytes 24 to 31, big-endian
 */
public record PageDigest(long first, long second, long third, long fourth) {
  /** Bytes of a digest. */
  public static final int SIZE = 32;

  /** The digest of 4096 zero bytes. */
  public static final PageDigest ZERO = computed(PageBytes.ZERO);

  /** The digest of this content. */
  public static PageDigest of(PageBytes page) {
    return page.isZero() ? ZERO : computed(page);
  }

  /**
   * The digest in these 32 bytes.
   *
   * @throws IllegalArgumentException if there are not 32
   */
  public static PageDigest fromByteArray(byte[] bytes) {
    if (bytes.length != SIZE) {
      throw new IllegalArgumentException(
          "page digest: expected " + SIZE + " bytes, found " + bytes.length);
    }
    ByteBuffer longs = ByteBuffer.wrap(bytes);
    return new PageDigest(longs.getLong(), longs.getLong(), longs.getLong(), longs.getLong());
  }

  /** The 32 bytes. */
  public byte[] toByteArray() {
    return ByteBuffer.allocate(SIZE)
        .putLong(first)
        .putLong(second)
        .putLong(third)
        .putLong(fourth)
        .array();
  }

  private static PageDigest computed(PageBytes page) {
    return of(page.backingArray(), page.backingOffset(), PageBytes.SIZE);
  }

  /** The digest of some bytes of a page. */
  static PageDigest of(byte[] array, int from, int length) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(array, from, length);
      return fromByteArray(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The digest in hexadecimal. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(toByteArray());
  }
}
