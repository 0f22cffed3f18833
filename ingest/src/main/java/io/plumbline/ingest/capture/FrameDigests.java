package io.plumbline.ingest.capture;

import io.plumbline.introspection.memory.PageDigest;
import java.util.Arrays;

/**
 * The digest of every frame that was stated, ascending by frame: 40 bytes a frame, so that a guest
 * of 16 GiB costs 160 MiB.
 */
final class FrameDigests {
  static final FrameDigests EMPTY = new FrameDigests(new long[0], new long[0], 0);

  private static final int LONGS = PageDigest.SIZE / Long.BYTES;

  private final long[] frames;
  private final long[] digests;
  private final int size;

  private FrameDigests(long[] frames, long[] digests, int size) {
    this.frames = frames;
    this.digests = digests;
    this.size = size;
  }

  /** Walks over the frames once, ascending. */
  Cursor cursor() {
    return new Cursor();
  }

  final class Cursor {
    private int at;

    boolean hasFrame() {
      return at < size;
    }

    long frame() {
      return frames[at];
    }

    PageDigest digest() {
      int from = at * LONGS;
      return new PageDigest(digests[from], digests[from + 1], digests[from + 2], digests[from + 3]);
    }

    void advance() {
      at++;
    }
  }

  /** Collects digests in ascending order of frames. */
  static final class Builder {
    private long[] frames = new long[1024];
    private long[] digests = new long[1024 * LONGS];
    private int size;

    void append(long frame, PageDigest digest) {
      if (size == frames.length) {
        frames = Arrays.copyOf(frames, size * 2);
        digests = Arrays.copyOf(digests, size * 2 * LONGS);
      }
      frames[size] = frame;
      digests[size * LONGS] = digest.first();
      digests[size * LONGS + 1] = digest.second();
      digests[size * LONGS + 2] = digest.third();
      digests[size * LONGS + 3] = digest.fourth();
      size++;
    }

    FrameDigests build() {
      return new FrameDigests(frames, digests, size);
    }
  }
}
