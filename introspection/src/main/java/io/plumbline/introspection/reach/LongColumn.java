package io.plumbline.introspection.reach;

import java.util.Arrays;

/** As {@link IntColumn}, with longer numbers. */
final class LongColumn {
  private static final int BITS = 8;
  private static final int BLOCK = 1 << BITS;
  private static final int LEAST = 8;

  private long[][] blocks = new long[LEAST][];
  private boolean[] own = new boolean[LEAST];
  private int owned;

  LongColumn copy() {
    LongColumn copy = new LongColumn();
    copy.blocks = blocks.clone();
    copy.own = new boolean[own.length];
    return copy;
  }

  /** Bytes of the blocks that are this one's alone. */
  long heldBytes() {
    return (long) owned * BLOCK * Long.BYTES;
  }

  /** The number that was set last at an index. */
  long get(int index) {
    return blocks[index >>> BITS][index & BLOCK - 1];
  }

  /**
   * @param index at most one above those that were set before
   */
  void set(int index, long value) {
    int block = index >>> BITS;
    if (block == blocks.length) {
      blocks = Arrays.copyOf(blocks, 2 * block);
      own = Arrays.copyOf(own, 2 * block);
    }
    if (!own[block]) {
      blocks[block] = blocks[block] == null ? new long[BLOCK] : blocks[block].clone();
      own[block] = true;
      owned++;
    }
    blocks[block][index & BLOCK - 1] = value;
  }
}
