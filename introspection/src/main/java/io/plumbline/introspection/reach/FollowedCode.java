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

  private final byte[] lengths;

  /** None in a region of {@code bytes}. */
  FollowedCode(int bytes) {
    this.lengths = new byte[bytes];
  }

  void add(int offset, int length) {
    lengths[offset] = (byte) length;
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
    long bytes = 0;
    int end = 0;
    for (int at = nextStart(0); at >= 0; at = nextStart(at + 1)) {
      int next = at + lengths[at];
      bytes += Math.max(0, next - Math.max(at, end));
      end = Math.max(end, next);
    }
    return bytes;
  }
}
