package io.plumbline.introspection.memory;

import java.util.Optional;

/**
 * Where the core reads guest memory from: a saved image, a recording's replay, a stream job's
 * state. Empty means unreadable (not guest RAM, or never received), which is not the same as a page
 * of zeros, and which whoever asked must report and never take for clean.
 */
@FunctionalInterface
public interface PageSource {
  /** The content of {@code frame}, or empty if it cannot be read. */
  Optional<PageBytes> read(FrameNumber frame);

  /** The same for a walk through page tables, whose top table may move from frame to frame. */
  default Optional<PageBytes> readTable(FrameNumber frame) {
    return read(frame);
  }

  /** The same for who follows on its own what changes: nobody is told that it was read. */
  default Optional<PageBytes> readUnwatched(FrameNumber frame) {
    return read(frame);
  }
}
