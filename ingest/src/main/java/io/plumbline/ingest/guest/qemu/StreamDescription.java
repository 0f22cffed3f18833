package io.plumbline.ingest.guest.qemu;

import io.plumbline.ingest.guest.file.ByteCursor;
import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.ingest.guest.file.ImageFile;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Optional;

/**
 * What the stream says of itself, in the JSON at its end.
 *
 * @param pageSize bytes of a target page
 * @param configuration the configuration section's description; QEMU up to 7.2 leaves it out
 * @param devices by name and instance
 */
record StreamDescription(
    long pageSize,
    Optional<FieldDescription.Struct> configuration,
    Map<DeviceKey, FieldDescription.Struct> devices) {

  /** Marks the description in the stream: type byte, then its length in 4 bytes. */
  static final int SECTION_TYPE = 0x06;

  private static final int HEADER = 1 + Integer.BYTES;
  private static final int LARGEST = 16 << 20;
  private static final int CHUNK = 1 << 16;

  /** A device section's name, such as {@code cpu}, and its number among those of that name. */
  record DeviceKey(String name, long instance) {}

  /**
   * Finds and reads the description of the stream that ends where the file ends.
   *
   * <p>It is found from behind: JSON holds no control characters, so the first byte with the value
   * 6, going backwards, whose length field reaches exactly to the end is the section's type byte.
   *
   * @throws ImageException if the stream does not end with a description, as when it is truncated
   */
  static StreamDescription readFromEnd(ImageFile file, long start) throws IOException {
    long end = endOfText(file, start);
    long stop = Math.max(start, end - LARGEST - HEADER);
    byte[] chunk = new byte[CHUNK + HEADER];
    for (long from = end; from > stop; from -= CHUNK) {
      long chunkStart = Math.max(stop, from - CHUNK);
      int length = (int) Math.min(chunk.length, end - chunkStart);
      byte[] bytes = length == chunk.length ? chunk : new byte[length];
      file.read(chunkStart, bytes);
      for (int i = (int) Math.min(from - chunkStart, length - HEADER) - 1; i >= 0; i--) {
        if (bytes[i] == SECTION_TYPE && lengthAt(bytes, i + 1) == end - chunkStart - i - HEADER) {
          return new DescriptionParser(file, chunkStart + i + HEADER, end).read();
        }
      }
    }
    throw file.malformed(
        end,
        "end of the migration stream",
        "its description (JSON behind a byte 0x06 and its length)",
        "none within 16 MiB (truncated, or saved without it)");
  }

  /** A file may be padded with zeros to a block; JSON ends with a brace. */
  private static long endOfText(ImageFile file, long start) throws IOException {
    long end = file.size();
    byte[] tail = new byte[(int) Math.min(CHUNK, end - start)];
    file.read(end - tail.length, tail);
    int last = tail.length - 1;
    while (last >= 0 && tail[last] == 0) {
      last--;
    }
    if (last < 0 || tail[last] != '}') {
      throw file.malformed(
          end,
          "end of the migration stream",
          "the closing brace of its description",
          "none (truncated, or saved without it, as by xen-save-devices-state or with"
              + " suppress-vmdesc)");
    }
    return end - tail.length + last + 1;
  }

  private static long lengthAt(byte[] bytes, int at) {
    return ((bytes[at] & 0xffL) << 24)
        | ((bytes[at + 1] & 0xff) << 16)
        | ((bytes[at + 2] & 0xff) << 8)
        | (bytes[at + 3] & 0xff);
  }

  /** A reader of the stream from {@code start}; everything in it is big-endian. */
  static ByteCursor cursor(ImageFile file, long start) throws ImageException {
    return file.cursor(start, ByteOrder.BIG_ENDIAN);
  }
}
