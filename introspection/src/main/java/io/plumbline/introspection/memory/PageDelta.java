package io.plumbline.introspection.memory;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * The new content of one frame, told in the fewest bytes. Whoever applies it gets a page with the
 * delta's digest or an exception, so a delta that meets another page than it was made for cannot
 * pass. Applied twice it is the same as applied once.
 */
public final class PageDelta {
  /** How the payload yields the page. */
  public enum Encoding {
    /** The payload is the page. */
    FULL,
    /** The payload is empty, the page is zeros. */
    ZERO,
    /** The payload is runs of new bytes over the previous content. */
    PATCH
  }

  private static final byte[] NOTHING = new byte[0];

  private final FrameNumber frame;
  private final Encoding encoding;
  private final byte[] payload;
  private final PageDigest digest;

  private PageDelta(FrameNumber frame, Encoding encoding, byte[] payload, PageDigest digest) {
    this.frame = frame;
    this.encoding = encoding;
    this.payload = payload;
    this.digest = digest;
  }

  /**
   * A delta as it came from elsewhere; {@code payload} is not copied, so the caller must not change
   * it any more.
   *
   * @throws PageDeltaException if the payload is none of this encoding
   */
  public static PageDelta of(
      FrameNumber frame, Encoding encoding, byte[] payload, PageDigest digest)
      throws PageDeltaException {
    switch (encoding) {
      case FULL -> checkLength(frame, encoding, payload, PageBytes.SIZE);
      case ZERO -> checkLength(frame, encoding, payload, 0);
      case PATCH -> PagePatch.check(frame, payload);
    }
    return new PageDelta(frame, encoding, payload, digest);
  }

  /** The delta that states {@code content} whatever was there before. */
  public static PageDelta stating(FrameNumber frame, PageBytes content, PageDigest digest) {
    return content.isZero()
        ? new PageDelta(frame, Encoding.ZERO, NOTHING, PageDigest.ZERO)
        : new PageDelta(frame, Encoding.FULL, content.toByteArray(), digest);
  }

  /** The smallest delta from {@code before} to {@code after}, whose digest is {@code digest}. */
  public static PageDelta between(
      FrameNumber frame, PageBytes before, PageBytes after, PageDigest digest) {
    if (after.isZero()) {
      return stating(frame, after, digest);
    }
    return PagePatch.between(before, after)
        .map(patch -> new PageDelta(frame, Encoding.PATCH, patch, digest))
        .orElseGet(() -> stating(frame, after, digest));
  }

  /**
   * The frame's new content.
   *
   * @param previous its content so far, if any; only a patch needs it
   * @throws PageDeltaException if a patch finds no previous content, or if the result has not the
   *     delta's digest
   */
  public PageBytes apply(Optional<PageBytes> previous) throws PageDeltaException {
    PageBytes result =
        switch (encoding) {
          case FULL -> PageBytes.wrap(payload);
          case ZERO -> PageBytes.ZERO;
          case PATCH -> patched(previous);
        };
    PageDigest found = PageDigest.of(result);
    if (!found.equals(digest)) {
      throw new PageDeltaException(
          frame, encoding + " should yield a page of digest " + digest + ", found " + found);
    }
    return result;
  }

  private PageBytes patched(Optional<PageBytes> previous) throws PageDeltaException {
    if (previous.isEmpty()) {
      throw new PageDeltaException(frame, "expected earlier content to patch, found none");
    }
    byte[] page = previous.get().toByteArray();
    PagePatch.apply(frame, payload, page);
    return PageBytes.wrap(page);
  }

  private static void checkLength(
      FrameNumber frame, Encoding encoding, byte[] payload, int expected)
      throws PageDeltaException {
    if (payload.length != expected) {
      throw new PageDeltaException(
          frame,
          "expected " + expected + " payload bytes for " + encoding + ", found " + payload.length);
    }
  }

  /** The frame it is about. */
  public FrameNumber frame() {
    return frame;
  }

  /** How the payload yields the page. */
  public Encoding encoding() {
    return encoding;
  }

  /** The payload itself, not a copy; read-only by contract. */
  public byte[] payload() {
    return payload;
  }

  /** The digest of the page that results. */
  public PageDigest digest() {
    return digest;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PageDelta that
        && frame.equals(that.frame)
        && encoding == that.encoding
        && digest.equals(that.digest)
        && Arrays.equals(payload, that.payload);
  }

  @Override
  public int hashCode() {
    return Objects.hash(frame, encoding, digest);
  }

  @Override
  public String toString() {
    return String.format("%s of frame %s, %d bytes", encoding, frame, payload.length);
  }
}
