package io.plumbline.introspection.reach;

import java.util.Arrays;

/**
 * Numbers by index, in blocks. A copy has the blocks of the original, of which nothing may be
 * written any more, until one of them is written: what guests have in common is held once.
 */
final class IntColumn {
  private static final int BITS = 8;
  private static final int BLOCK = 1 << BITS;
  private static final int LEAST = 8;

  private int[][] blocks = new int[LEAST][];
  private boolean[] own = new boolean[LEAST];
  private int owned;

  IntColumn copy() {
    IntColumn copy = new IntColumn();
    copy.blocks = blocks.clone();
    copy.own = new boolean[own.length];
    return copy;
  }

  /** Bytes of the blocks that are this one's alone. */
  long heldBytes() {
    return (long) owned * BLOCK * Integer.BYTES;
  }

  /** The number that was set last at an index. */
  int get(int index) {
    return blocks[index >>> BITS][index & BLOCK - 1];
  }

  /**
   * @param index at most one above those that were set before
   */
  void set(int index, int value) {
    int block = index >>> BITS;
    if (block == blocks.length) {
      blocks = Arrays.copyOf(blocks, 2 * block);
      own = Arrays.copyOf(own, 2 * block);
    }
    if (!own[block]) {
      blocks[block] = blocks[block] == null ? new int[BLOCK] : blocks[block].clone();
      own[block] = true;
      owned++;
    }
    blocks[block][index & BLOCK - 1] = value;
  }
}
