package io.plumbline.signaturestore.announce;

import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.signaturestore.keep.EncodedSignature;
import io.plumbline.signaturestore.keep.SignatureCodec;
import java.net.URI;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Says that a signature can be fetched, or must no longer be used.
 *
 * @param formatVersion version of the file's format, from 1
 * @param location where the signature's file is
 * @param sizeBytes size of the file
 * @param functionDigests canonical digests of the build's functions, ascending as signed numbers
 * @param announcedAt when, to the microsecond
 * @param revoked whether the signature must no longer be used
 */
public record Announcement(
    SignatureId id,
    BuildName name,
    int formatVersion,
    URI location,
    long sizeBytes,
    long[] functionDigests,
    Instant announcedAt,
    boolean revoked) {
  /**
   * Of two announcements of one signature the greater counts: the later one and, at the same
   * instant, the revocation. What follows only makes the order total, so that nothing depends on
   * which came first.
   */
  static final Comparator<Announcement> PRECEDENCE =
      Comparator.comparing(Announcement::announcedAt)
          .thenComparing(Announcement::revoked)
          .thenComparing(Announcement::formatVersion)
          .thenComparing(Announcement::sizeBytes)
          .thenComparing(Announcement::location)
          .thenComparing(each -> each.name().os())
          .thenComparing(each -> each.name().build())
          .thenComparing(each -> each.name().version())
          .thenComparing(Announcement::functionDigests, Arrays::compare);

  public Announcement {
    announcedAt = announcedAt.truncatedTo(ChronoUnit.MICROS);
  }

  /** That a signature can be fetched from {@code location}. */
  public static Announcement of(EncodedSignature encoded, URI location, Instant at) {
    return new Announcement(
        encoded.id(),
        encoded.signature().name(),
        SignatureCodec.FORMAT_VERSION,
        location,
        encoded.file().length,
        encoded.signature().functionDigests(),
        at,
        false);
  }

  /** That this signature must no longer be used. */
  public Announcement revokedAt(Instant at) {
    return new Announcement(
        id, name, formatVersion, location, sizeBytes, functionDigests, at, true);
  }
}
