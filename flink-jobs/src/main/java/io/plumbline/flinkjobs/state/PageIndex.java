package io.plumbline.flinkjobs.state;

/**
 * Which pages of a VM are kept and where, so that nobody asks for others: to look for what is not
 * there is what takes longest on RocksDB.
 *
 * @param blocks numbers of blocks of 16 frames, ascending: that of the first frame divided by 16
 * @param packed which frames of each block are kept packed, the first one's bit is the lowest
 * @param whole which frames of each block are kept whole
 */
public record PageIndex(long[] blocks, int[] packed, int[] whole) {}
