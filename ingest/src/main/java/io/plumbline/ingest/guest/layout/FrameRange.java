package io.plumbline.ingest.guest.layout;

import io.plumbline.introspection.memory.FrameNumber;

/**
 * Consecutive guest frames.
 *
 * @param first the first frame
 * @param count frames, at least 1
 */
public record FrameRange(FrameNumber first, long count) {
  public FrameRange {
    if (count < 1 || count > FrameNumber.LIMIT - first.value()) {
      throw new IllegalArgumentException(
          "frames from " + first + ": expected a count inside 2^40 frames, found " + count);
    }
  }

  /** Bytes of all frames. */
  public long bytes() {
    return count << FrameNumber.SHIFT;
  }
}
