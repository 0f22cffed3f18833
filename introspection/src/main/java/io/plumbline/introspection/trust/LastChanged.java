package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.FrameNumber;
import java.util.LinkedHashSet;
import java.util.Set;

/** The frames of a guest that changed last: those that hold timers and tasks change every time. */
final class LastChanged {
  /** Frames, what a few rounds change: a quarter of a mebibyte of what they hold. */
  static final int MOST = 64;

  private final Set<Long> frames = new LinkedHashSet<>();

  /** Takes note that a frame changed. */
  void add(FrameNumber frame) {
    frames.remove(frame.value());
    frames.add(frame.value());
    if (frames.size() > MOST) {
      frames.remove(frames.iterator().next());
    }
  }

  /** Whether a frame, by its number, is one of them. */
  boolean has(long frame) {
    return frames.contains(frame);
  }
}
