package io.plumbline.ingest.capture;

import io.plumbline.introspection.memory.FrameNumber;
import java.util.Arrays;
import java.util.Collection;
import java.util.PrimitiveIterator;
import java.util.stream.LongStream;

/**
 * A set of guest frames, kept as runs: the RAM of a large guest is a handful of them. Immutable and
 * ascending.
 */
public final class FrameSet {
  /** No frames. */
  public static final FrameSet EMPTY = new FrameSet(new long[0], new long[0]);

  private final long[] firsts;

  /** Exclusive ends; {@code firsts[i] < ends[i] < firsts[i + 1]}. */
  private final long[] ends;

  private FrameSet(long[] firsts, long[] ends) {
    this.firsts = firsts;
    this.ends = ends;
  }

  /** These frames, in any order, with or without repetitions. */
  public static FrameSet of(Collection<FrameNumber> frames) {
    Builder ascending = new Builder();
    frames.stream().mapToLong(FrameNumber::value).sorted().distinct().forEach(ascending::append);
    return ascending.build();
  }

  /** {@code count} frames from {@code first}. */
  public static FrameSet range(FrameNumber first, long count) {
    if (count < 0 || count > FrameNumber.LIMIT - first.value()) {
      throw new IllegalArgumentException(
          "frames from " + first + ": expected a count inside 2^40 frames, found " + count);
    }
    return count == 0
        ? EMPTY
        : new FrameSet(new long[] {first.value()}, new long[] {first.value() + count});
  }

  /** The frames that are in this set or in the other. */
  public FrameSet union(FrameSet other) {
    Builder merged = new Builder();
    int mine = 0;
    int theirs = 0;
    while (mine < firsts.length || theirs < other.firsts.length) {
      if (theirs == other.firsts.length
          || (mine < firsts.length && firsts[mine] <= other.firsts[theirs])) {
        merged.appendRun(firsts[mine], ends[mine++]);
      } else {
        merged.appendRun(other.firsts[theirs], other.ends[theirs++]);
      }
    }
    return merged.build();
  }

  /** How many frames. */
  public long size() {
    long size = 0;
    for (int run = 0; run < firsts.length; run++) {
      size += ends[run] - firsts[run];
    }
    return size;
  }

  /** Whether it has no frames. */
  public boolean isEmpty() {
    return firsts.length == 0;
  }

  /** Whether the frame is in the set. */
  public boolean contains(FrameNumber frame) {
    return contains(frame.value());
  }

  boolean contains(long frame) {
    int at = Arrays.binarySearch(firsts, frame);
    return at >= 0 || (at < -1 && frame < ends[-at - 2]);
  }

  /** The frame numbers, ascending. */
  public PrimitiveIterator.OfLong iterator() {
    return LongStream.range(0, firsts.length)
        .flatMap(run -> LongStream.range(firsts[(int) run], ends[(int) run]))
        .iterator();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FrameSet that
        && Arrays.equals(firsts, that.firsts)
        && Arrays.equals(ends, that.ends);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(firsts) + Arrays.hashCode(ends);
  }

  @Override
  public String toString() {
    return size() + " frames in " + firsts.length + " runs";
  }

  /** Makes a set from frames that come in ascending order. */
  static final class Builder {
    private long[] firsts = new long[8];
    private long[] ends = new long[8];
    private int runs;

    void append(long frame) {
      if (runs > 0 && frame < ends[runs - 1]) {
        throw new IllegalArgumentException(
            "frames: expected ascending order, found " + frame + " after " + (ends[runs - 1] - 1));
      }
      appendRun(frame, frame + 1);
    }

    /** Runs may overlap as long as their firsts ascend. */
    private void appendRun(long first, long end) {
      if (runs > 0 && first <= ends[runs - 1]) {
        ends[runs - 1] = Math.max(ends[runs - 1], end);
        return;
      }
      if (runs == firsts.length) {
        firsts = Arrays.copyOf(firsts, runs * 2);
        ends = Arrays.copyOf(ends, runs * 2);
      }
      firsts[runs] = first;
      ends[runs++] = end;
    }

    FrameSet build() {
      return new FrameSet(Arrays.copyOf(firsts, runs), Arrays.copyOf(ends, runs));
    }
  }
}
