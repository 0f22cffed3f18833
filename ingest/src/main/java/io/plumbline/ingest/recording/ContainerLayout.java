package io.plumbline.ingest.recording;

import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Where things lie in an Avro container file (Avro specification 1.12, "Object Container Files"),
 * found by reading only lengths, each of which is checked before it is believed: header, then
 * blocks of a count, a size, that many bytes and the sync marker.
 *
 * @param metadata the header's entries
 * @param valueOffsets where each entry's value begins in the file
 * @param syncMarker the 16 bytes after each block
 * @param blocksStart where the first block begins
 */
record ContainerLayout(
    Map<String, String> metadata,
    Map<String, Long> valueOffsets,
    byte[] syncMarker,
    long blocksStart) {
  private static final byte[] MAGIC = {'O', 'b', 'j', 1};
  private static final int SYNC_BYTES = 16;
  private static final int LONGEST_VALUE = 1 << 20;
  private static final int MOST_ENTRIES = 1000;
  private static final long LARGEST_HEADER = 4L << 20;

  /** Compressed bytes of a block; a writer's blocks are a few MiB. */
  private static final long LARGEST_BLOCK = 64L << 20;

  /** Reads the header. */
  static ContainerLayout of(Path path, RandomAccessFile file) throws IOException {
    try {
      file.seek(0);
      byte[] magic = new byte[MAGIC.length];
      file.readFully(magic);
      if (!Arrays.equals(magic, MAGIC)) {
        throw new RecordingException(
            path, "expected an Avro container (4f626a01), found " + hex(magic));
      }
      Map<String, String> metadata = new HashMap<>();
      Map<String, Long> offsets = new HashMap<>();
      for (long count = readLong(path, file); count != 0; count = readLong(path, file)) {
        readEntries(path, file, count, metadata, offsets);
        if (file.getFilePointer() > LARGEST_HEADER) {
          throw new RecordingException(
              path, "header: expected at most " + LARGEST_HEADER + " bytes, found more");
        }
      }
      byte[] sync = new byte[SYNC_BYTES];
      file.readFully(sync);
      return new ContainerLayout(metadata, offsets, sync, file.getFilePointer());
    } catch (EOFException e) {
      throw new RecordingException(
          path, "expected the container's header, found the end at " + file.length(), e);
    }
  }

  /** Walks over the blocks by their lengths to the end of the file. */
  void checkBlocks(Path path, RandomAccessFile file) throws IOException {
    long at = blocksStart;
    byte[] sync = new byte[SYNC_BYTES];
    while (at < file.length()) {
      try {
        file.seek(at);
        long count = readLong(path, file);
        long size = readLong(path, file);
        long rest = file.length() - file.getFilePointer();
        if (count < 1 || size < 0 || size > LARGEST_BLOCK || size + SYNC_BYTES > rest) {
          throw new RecordingException(
              path,
              String.format(
                  "block at %d: expected at most %d bytes, found %d observations in %d bytes",
                  at, Math.min(LARGEST_BLOCK, rest - SYNC_BYTES), count, size));
        }
        file.seek(file.getFilePointer() + size);
        file.readFully(sync);
      } catch (EOFException e) {
        throw new RecordingException(
            path, "block at " + at + ": expected its length, found the end of the file", e);
      }
      if (!Arrays.equals(sync, syncMarker)) {
        throw new RecordingException(
            path,
            String.format(
                "block at %d: expected the marker %s after it, found %s",
                at, hex(syncMarker), hex(sync)));
      }
      at = file.getFilePointer();
    }
  }

  private static void readEntries(
      Path path,
      RandomAccessFile file,
      long count,
      Map<String, String> metadata,
      Map<String, Long> offsets)
      throws IOException {
    if (count < 0) {
      // A negative count is followed by the size of the block in bytes.
      readLong(path, file);
    }
    if (count == Long.MIN_VALUE || Math.abs(count) > MOST_ENTRIES) {
      throw new RecordingException(
          path, "header: expected at most " + MOST_ENTRIES + " entries, found " + count);
    }
    for (long entry = Math.abs(count);
        entry > 0 && file.getFilePointer() <= LARGEST_HEADER;
        entry--) {
      String name = new String(text(path, file), StandardCharsets.UTF_8);
      byte[] value = text(path, file);
      metadata.put(name, new String(value, StandardCharsets.UTF_8));
      offsets.put(name, file.getFilePointer() - value.length);
    }
  }

  private static byte[] text(Path path, RandomAccessFile file) throws IOException {
    long at = file.getFilePointer();
    long length = readLong(path, file);
    if (length < 0 || length > LONGEST_VALUE) {
      throw new RecordingException(
          path, "header at " + at + ": expected a text of at most 1 MiB, found " + length);
    }
    byte[] bytes = new byte[(int) length];
    file.readFully(bytes);
    return bytes;
  }

  /** A long as Avro writes it: zig-zag, 7 bits to a byte, low first. */
  private static long readLong(Path path, RandomAccessFile file) throws IOException {
    long at = file.getFilePointer();
    long bits = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int next = file.readUnsignedByte();
      bits |= (next & 0x7fL) << shift;
      if (next < 0x80) {
        return bits >>> 1 ^ -(bits & 1);
      }
    }
    throw new RecordingException(
        path, "number at " + at + ": expected at most 10 bytes, found more");
  }

  private static String hex(byte[] bytes) {
    return java.util.HexFormat.of().formatHex(bytes);
  }
}
