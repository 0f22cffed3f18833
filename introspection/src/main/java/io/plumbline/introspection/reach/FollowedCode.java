package io.plumbline.introspection.reach;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Where instructions begin in one region, and how long they are. One byte for each of the region's:
 * a traversal asks for each instruction, and a set of objects would cost more than decoding.
 */
final class FollowedCode {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /**
   * For each of eight bytes before an instruction, 127 less its distance: a greater one reaches in.
   */
  private static final long NEAR = 0x7e7d_7c7b_7a79_7877L;

  private static final long FAR = 0x7675_7473_7271_706fL;
  private static final long REACHES_IN = 0x8080_8080_8080_8080L;
  private static final int MARGIN = 16;

  private final byte[] lengths;
  private long bytes;
  private boolean overlapping;

  /** None in a region of {@code bytes}. */
  FollowedCode(int bytes) {
    this.lengths = new byte[bytes];
  }

  void add(int offset, int length) {
    bytes += length;
    overlapping |= overlaps(offset, length);
    lengths[offset] = (byte) length;
  }

  /** Whether the instruction shares a byte with one that was added before; at the edges it may. */
  private boolean overlaps(int offset, int length) {
    if (offset < MARGIN || offset >= lengths.length - MARGIN) {
      return true;
    }
    long near = (long) LONG.get(lengths, offset - Long.BYTES) + NEAR;
    long far = (long) LONG.get(lengths, offset - 2 * Long.BYTES) + FAR;
    long inside = (long) LONG.get(lengths, offset + 1);
    long behind = (long) LONG.get(lengths, offset + 1 + Long.BYTES);
    int bits = (length - 1) * Byte.SIZE;
    boolean starts =
        bits < Long.SIZE
            ? (inside & ((1L << bits) - 1)) != 0
            : inside != 0 || (behind & ((1L << (bits - Long.SIZE)) - 1)) != 0;
    return starts || ((near | far) & REACHES_IN) != 0;
  }

  boolean startsAt(int offset) {
    return lengths[offset] != 0;
  }

  /** Bytes of the instruction that begins at {@code offset}; 0 if none does. */
  int lengthAt(int offset) {
    return lengths[offset];
  }

  /** The first start at or after {@code from}; -1 if there is none. */
  int nextStart(int from) {
    int at = from;
    while (at <= lengths.length - Long.BYTES) {
      long eight = (long) LONG.get(lengths, at);
      if (eight != 0) {
        return at + (Long.numberOfTrailingZeros(eight) >>> 3);
      }
      at += Long.BYTES;
    }
    while (at < lengths.length) {
      if (lengths[at] != 0) {
        return at;
      }
      at++;
    }
    return -1;
  }

  /** Bytes of all instructions; where they overlap, each byte counts once. */
  long bytes() {
    if (!overlapping) {
      return bytes;
    }
    long once = 0;
    int end = 0;
    for (int at = nextStart(0); at >= 0; at = nextStart(at + 1)) {
      int next = at + lengths[at];
      once += Math.max(0, next - Math.max(at, end));
      end = Math.max(end, next);
    }
    return once;
  }
}
