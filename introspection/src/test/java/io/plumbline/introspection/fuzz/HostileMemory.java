package io.plumbline.introspection.fuzz;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A few frames that anything may be written into, and what a guest pretends to have behind. */
final class HostileMemory implements PageSource {
  /** What a read of a frame behind the last one gives. */
  enum Beyond {
    NOTHING,
    ZEROS,
    /** The few frames over and over: a guest with gigabytes of what is in them. */
    MIRRORS
  }

  private static final Optional<PageBytes> ZERO = Optional.of(PageBytes.ZERO);

  private final ByteBuffer bytes;
  private final List<Optional<PageBytes>> views;
  private Beyond beyond = Beyond.NOTHING;

  /** Starts as a copy of {@code content}, whole frames from frame 0 on. */
  HostileMemory(byte[] content) {
    byte[] copy = content.clone();
    this.bytes = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
    this.views = new ArrayList<>(copy.length / PageBytes.SIZE);
    for (int at = 0; at < copy.length; at += PageBytes.SIZE) {
      views.add(Optional.of(PageBytes.wrap(copy, at)));
    }
  }

  int frames() {
    return views.size();
  }

  /** The content, frame by frame, to be written through. */
  ByteBuffer bytes() {
    return bytes;
  }

  void forget(int frame) {
    views.set(frame, Optional.empty());
  }

  void beyond(Beyond what) {
    beyond = what;
  }

  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    long number = frame.value();
    if (number < views.size()) {
      return views.get((int) number);
    }
    return switch (beyond) {
      case NOTHING -> Optional.empty();
      case ZEROS -> ZERO;
      case MIRRORS -> views.get((int) (number % views.size()));
    };
  }
}
