package io.plumbline.flinkjobs.operator;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeMap;

/**
 * Blocks that are stored {@link #BLOCKS} together, because what RocksDB takes to find a value is
 * more than what it takes to read a small one. Stored: the length of each block (4 bytes,
 * big-endian), 0 for one that is not kept, and the blocks. For one observation: each group is read
 * once, and written by {@link #flush}.
 */
final class GroupedPages implements PageStore {
  /** Blocks of a group: fewer take more reads, more are written anew when one changes. */
  private static final int BLOCKS = 8;

  private static final int SHIFT = 3;
  private static final int HEADER = BLOCKS * Integer.BYTES;

  private final PageStore groups;
  private final Set<Long> stored;
  private final TreeMap<Long, byte[][]> read = new TreeMap<>();
  private final TreeMap<Long, byte[][]> changed = new TreeMap<>();

  /**
   * @param groups by their number, that of the first block divided by {@link #BLOCKS}
   * @param stored which there are; nobody looks for others
   */
  GroupedPages(PageStore groups, Set<Long> stored) {
    this.groups = groups;
    this.stored = stored;
  }

  /** The group that a block lies in. */
  static long groupOf(long block) {
    return block >> SHIFT;
  }

  /**
   * @throws PagesLostException if the group is none
   */
  @Override
  public byte[] get(long block) {
    return group(block)[(int) block & (BLOCKS - 1)];
  }

  @Override
  public void keep(long block, byte[] stored) {
    byte[][] group = group(block);
    group[(int) block & (BLOCKS - 1)] = stored;
    changed.put(groupOf(block), group);
  }

  @Override
  public void drop(long block) {
    keep(block, null);
  }

  /** Writes every group that changed. */
  void flush() {
    changed.forEach(
        (number, group) -> {
          byte[] stored = stored(group);
          if (stored.length == HEADER) {
            groups.drop(number);
          } else {
            groups.keep(number, stored);
          }
        });
    changed.clear();
  }

  private byte[][] group(long block) {
    return read.computeIfAbsent(
        groupOf(block), number -> blocks(stored.contains(number) ? groups.get(number) : null));
  }

  private static byte[] stored(byte[][] group) {
    int length = HEADER;
    for (byte[] block : group) {
      length += block == null ? 0 : block.length;
    }
    byte[] stored = new byte[length];
    ByteBuffer lengths = ByteBuffer.wrap(stored, 0, HEADER);
    int at = HEADER;
    for (byte[] block : group) {
      int bytes = block == null ? 0 : block.length;
      lengths.putInt(bytes);
      if (bytes > 0) {
        System.arraycopy(block, 0, stored, at, bytes);
        at += bytes;
      }
    }
    return stored;
  }

  private static byte[][] blocks(byte[] stored) {
    byte[][] group = new byte[BLOCKS][];
    if (stored == null) {
      return group;
    }
    int at = HEADER;
    for (int i = 0; i < BLOCKS && stored.length >= HEADER; i++) {
      int length = ByteBuffer.wrap(stored).getInt(i * Integer.BYTES);
      if (length < 0 || length > stored.length - at) {
        throw new PagesLostException(
            "state: expected a block in " + stored.length + " bytes, found one of " + length);
      }
      group[i] = length == 0 ? null : Arrays.copyOfRange(stored, at, at + length);
      at += length;
    }
    if (at != stored.length) {
      throw new PagesLostException(
          "state: expected blocks of " + stored.length + " bytes, found " + at);
    }
    return group;
  }
}
