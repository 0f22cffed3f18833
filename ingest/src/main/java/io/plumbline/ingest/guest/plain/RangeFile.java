package io.plumbline.ingest.guest.plain;

import io.plumbline.ingest.guest.file.ByteCursor;
import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.ingest.guest.file.ImageFile;
import io.plumbline.ingest.guest.layout.ImageRegions;
import io.plumbline.ingest.guest.layout.RegionsBuilder;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A LiME image: a header of 32 bytes and then a range's memory, range after range (LiME
 * doc/README.md, "Format"): magic, version 1, first and last physical address, 8 zeros, all
 * little-endian. AVML writes the same with {@code --compress} off.
 *
 * @param regions where the memory lies
 * @param missing one sentence if ranges cut frames in two
 */
public record RangeFile(ImageRegions regions, List<String> missing) {
  /** The first four bytes of a LiME header, read as a little-endian number. */
  public static final int LIME_MAGIC = 0x4c694d45;

  private static final int VERSION = 1;

  public RangeFile {
    missing = List.copyOf(missing);
  }

  /**
   * Reads all headers.
   *
   * @throws ImageException if one is damaged or the file ends inside a range
   */
  public static RangeFile read(ImageFile file) throws IOException {
    RegionsBuilder regions = new RegionsBuilder(file);
    ByteCursor in = file.cursor(0, ByteOrder.LITTLE_ENDIAN);
    while (!in.atEnd()) {
      range(file, in, regions);
    }
    ImageRegions built = regions.build();
    return new RangeFile(
        built,
        regions.partialFrames() == 0
            ? List.of()
            : List.of(regions.partialFrames() + " frames of which the image holds a part only"));
  }

  private static void range(ImageFile file, ByteCursor in, RegionsBuilder regions)
      throws IOException {
    long at = in.position();
    long magic = in.u32("LiME header");
    long version = in.u32("LiME header");
    if (magic != LIME_MAGIC || version != VERSION) {
      throw file.malformed(
          at,
          "LiME header",
          "magic 0x4c694d45 version 1",
          "0x" + Long.toHexString(magic) + " version " + version);
    }
    long start = in.u64("LiME header");
    long last = in.u64("LiME header");
    in.u64("LiME header");
    if (start < 0 || last < start) {
      throw file.malformed(
          at,
          "LiME range",
          "a last address behind the first",
          Long.toHexString(start) + "-" + Long.toHexString(last));
    }
    long length = last - start + 1;
    regions.add(at, start, length, in.position());
    in.skip(length, "LiME range");
  }
}
