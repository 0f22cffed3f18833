package io.plumbline.signaturestore.announce.publish;

import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.schemas.SignatureAnnouncement;
import io.plumbline.schemas.SignatureIndex;
import io.plumbline.schemas.wire.WireFormatException;
import io.plumbline.signaturestore.announce.Announcement;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Announcements as Avro records and back. */
public final class AnnouncementMapping {
  /**
   * The root under which a whole build's digests stand. A record may also hold indexes by single
   * roots, from other versions; they are passed over.
   */
  static final String EVERY_ROOT = "*";

  private AnnouncementMapping() {}

  /** The record that says it. */
  public static SignatureAnnouncement toRecord(Announcement announcement) {
    return new SignatureAnnouncement(
        announcement.id().value(),
        announcement.name().os(),
        announcement.name().build(),
        announcement.name().version(),
        announcement.formatVersion(),
        announcement.location().toString(),
        announcement.sizeBytes(),
        List.of(
            new SignatureIndex(
                EVERY_ROOT, Long.BYTES, unsignedOrder(announcement.functionDigests()))),
        announcement.announcedAt(),
        announcement.revoked());
  }

  /**
   * What a record says.
   *
   * @param key the record's key in Kafka
   * @throws WireFormatException if it says nothing that can be understood
   */
  public static Announcement fromRecord(String key, SignatureAnnouncement record)
      throws WireFormatException {
    if (!record.getSignature().equals(key)) {
      throw refuse("key", record.getSignature(), key);
    }
    if (record.getFormatVersion() < 1 || record.getSizeBytes() < 0) {
      throw refuse(
          "format version and size",
          "at least 1 and 0",
          record.getFormatVersion() + " and " + record.getSizeBytes());
    }
    try {
      return new Announcement(
          new SignatureId(record.getSignature()),
          new BuildName(record.getOs(), record.getBuild(), record.getVersion()),
          record.getFormatVersion(),
          new URI(record.getLocation()),
          record.getSizeBytes(),
          functionDigests(record.getIndex()),
          record.getAnnouncedAt(),
          record.getRevoked());
    } catch (IllegalArgumentException | URISyntaxException e) {
      throw new WireFormatException("signature announcement: " + e.getMessage(), e);
    }
  }

  private static ByteBuffer unsignedOrder(long[] digests) {
    long[] ordered = digests.clone();
    flipSigns(ordered);
    Arrays.sort(ordered);
    ByteBuffer bytes = ByteBuffer.allocate(ordered.length * Long.BYTES);
    for (long digest : ordered) {
      bytes.putLong(digest ^ Long.MIN_VALUE);
    }
    return bytes.flip();
  }

  private static long[] functionDigests(List<SignatureIndex> indexes) throws WireFormatException {
    for (SignatureIndex index : indexes) {
      if (index.getRoot().equals(EVERY_ROOT)) {
        ByteBuffer bytes = index.getDigests().duplicate();
        if (index.getDigestBytes() != Long.BYTES || bytes.remaining() % Long.BYTES != 0) {
          throw refuse(
              "index of root " + EVERY_ROOT,
              "digests of 8 bytes",
              bytes.remaining() + " bytes in digests of " + index.getDigestBytes());
        }
        long[] digests = new long[bytes.remaining() / Long.BYTES];
        bytes.asLongBuffer().get(digests);
        Arrays.sort(digests);
        return digests;
      }
    }
    return new long[0];
  }

  private static void flipSigns(long[] digests) {
    for (int i = 0; i < digests.length; i++) {
      digests[i] ^= Long.MIN_VALUE;
    }
  }

  private static WireFormatException refuse(String what, String expected, String found) {
    return new WireFormatException(
        "signature announcement: " + what + ": expected " + expected + ", found " + found);
  }
}
