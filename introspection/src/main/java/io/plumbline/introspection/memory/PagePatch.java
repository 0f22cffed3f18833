package io.plumbline.introspection.memory;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * The bytes that are new in a page, as runs over its previous content. Each run is a 16-bit offset,
 * a 16-bit length (1 to 4096) and that many bytes, little-endian; runs ascend and do not overlap.
 * Unlike an XOR, a patch applied twice is the patch applied once.
 */
final class PagePatch {
  private static final int RUN_HEADER = 2 * Short.BYTES;

  private PagePatch() {}

  /**
   * The patch from {@code before} to {@code after}; empty if it would be no smaller than a page.
   */
  static Optional<byte[]> between(PageBytes before, PageBytes after) {
    ByteBuffer runs = ByteBuffer.allocate(PageBytes.SIZE - 1).order(ByteOrder.LITTLE_ENDIAN);
    int from = nextDifference(before, after, 0);
    while (from < PageBytes.SIZE) {
      int to = endOfRun(before, after, from);
      if (runs.remaining() < RUN_HEADER + to - from) {
        return Optional.empty();
      }
      runs.putShort((short) from).putShort((short) (to - from));
      runs.put(after.backingArray(), after.backingOffset() + from, to - from);
      from = nextDifference(before, after, to);
    }
    return Optional.of(Arrays.copyOf(runs.array(), runs.position()));
  }

  /** Checks the form of {@code patch}, whatever page it is for. */
  static void check(FrameNumber frame, byte[] patch) throws PageDeltaException {
    apply(frame, patch, new byte[PageBytes.SIZE]);
  }

  /** Writes the runs into {@code page}. */
  static void apply(FrameNumber frame, byte[] patch, byte[] page) throws PageDeltaException {
    if (patch.length >= PageBytes.SIZE) {
      throw new PageDeltaException(
          frame, "expected a patch of at most 4095 bytes, found " + patch.length);
    }
    ByteBuffer runs = ByteBuffer.wrap(patch).order(ByteOrder.LITTLE_ENDIAN);
    int end = 0;
    while (runs.hasRemaining()) {
      int at = runs.position();
      if (runs.remaining() < RUN_HEADER) {
        throw new PageDeltaException(
            frame, "expected a run at byte " + at + " of the patch, found its end");
      }
      int offset = Short.toUnsignedInt(runs.getShort());
      int length = Short.toUnsignedInt(runs.getShort());
      if (offset < end || length < 1 || offset + length > PageBytes.SIZE) {
        throw new PageDeltaException(
            frame,
            String.format(
                "expected a run of 1 or more bytes between %d and 4096, found %d bytes at %d",
                end, length, offset));
      }
      if (runs.remaining() < length) {
        throw new PageDeltaException(
            frame,
            String.format(
                "expected %d bytes of the run at byte %d of the patch, found %d",
                length, at, runs.remaining()));
      }
      runs.get(page, offset, length);
      end = offset + length;
    }
  }

  /** A gap of equal bytes that is shorter than a run's header is cheaper to send than to skip. */
  private static int endOfRun(PageBytes before, PageBytes after, int from) {
    int end = from + 1;
    for (int at = end; at < PageBytes.SIZE && at - end < RUN_HEADER; at++) {
      if (before.byteAt(at) != after.byteAt(at)) {
        end = at + 1;
      }
    }
    return end;
  }

  private static int nextDifference(PageBytes before, PageBytes after, int from) {
    int distance =
        Arrays.mismatch(
            before.backingArray(),
            before.backingOffset() + from,
            before.backingOffset() + PageBytes.SIZE,
            after.backingArray(),
            after.backingOffset() + from,
            after.backingOffset() + PageBytes.SIZE);
    return distance < 0 ? PageBytes.SIZE : from + distance;
  }
}
