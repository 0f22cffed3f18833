package io.plumbline.flinkjobs.wire;

import io.plumbline.flinkjobs.state.PageForm;
import io.plumbline.flinkjobs.state.PageRecord;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageDelta;
import io.plumbline.introspection.memory.PageDeltaException;
import io.plumbline.introspection.memory.PageDigest;
import io.plumbline.schemas.PageChange;
import io.plumbline.schemas.WithdrawnFrame;
import io.plumbline.schemas.wire.WireFormatException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Page changes as Avro has them to flat records. */
final class PageDecoding {
  private PageDecoding() {}

  /** The frames of one record; each may be named once. */
  static final class Frames {
    private final boolean snapshot;
    private final Set<Long> named = new HashSet<>();

    Frames(boolean snapshot) {
      this.snapshot = snapshot;
    }

    List<PageRecord> changed(List<PageChange> avro) throws WireFormatException {
      List<PageRecord> pages = new ArrayList<>(avro.size());
      for (PageChange change : avro) {
        name(change.getFrame());
        pages.add(page(change));
      }
      return pages;
    }

    long[] withdrawn(List<WithdrawnFrame> avro) throws WireFormatException {
      long[] frames = new long[avro.size()];
      for (int i = 0; i < frames.length; i++) {
        frames[i] = avro.get(i).getFrame();
        name(frames[i]);
      }
      return frames;
    }

    private void name(long frame) throws WireFormatException {
      if (frame < 0 || frame >= FrameNumber.LIMIT) {
        throw new WireFormatException(
            "page deltas: expected frames of 0 to 2^40-1, found " + frame);
      }
      if (!named.add(frame)) {
        throw new WireFormatException(
            "page deltas: expected each frame once, found " + frame + " again");
      }
    }

    private PageRecord page(PageChange change) throws WireFormatException {
      PageForm form =
          switch (change.getEncoding()) {
            case FULL -> PageForm.FULL;
            case ZERO -> PageForm.ZERO;
            case PATCH -> PageForm.PATCH;
          };
      if (snapshot && form == PageForm.PATCH) {
        throw new WireFormatException(
            "page deltas: expected no patch in a snapshot, found one of frame "
                + change.getFrame());
      }
      byte[] payload = bytes(change.getPayload());
      byte[] digest = change.getDigest().bytes();
      check(new FrameNumber(change.getFrame()), form, payload, digest);
      return new PageRecord(change.getFrame(), form, payload, digest);
    }
  }

  /** A patch is checked for its form only: its result depends on what was there before. */
  private static void check(FrameNumber frame, PageForm form, byte[] payload, byte[] digest)
      throws WireFormatException {
    try {
      PageDelta.Encoding encoding =
          switch (form) {
            case FULL -> PageDelta.Encoding.FULL;
            case ZERO -> PageDelta.Encoding.ZERO;
            case PATCH -> PageDelta.Encoding.PATCH;
          };
      PageDelta delta = PageDelta.of(frame, encoding, payload, PageDigest.fromByteArray(digest));
      if (form != PageForm.PATCH) {
        delta.apply(Optional.empty());
      }
    } catch (PageDeltaException e) {
      throw new WireFormatException(e.getMessage(), e);
    }
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
