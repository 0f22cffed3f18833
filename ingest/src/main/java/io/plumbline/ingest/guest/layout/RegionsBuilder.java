package io.plumbline.ingest.guest.layout;

import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.ingest.guest.file.ImageFile;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Collects the ranges of physical addresses that an image says it holds. A frame that a range
 * covers in part only is left out: half a page cannot be judged.
 */
public final class RegionsBuilder {
  private static final int MOST_RANGES = 1 << 16;
  private static final long PHYSICAL_LIMIT = FrameNumber.LIMIT << FrameNumber.SHIFT;

  private final ImageFile file;
  private final List<ImageRegions.Region> regions = new ArrayList<>();
  private long partialFrames;

  public RegionsBuilder(ImageFile file) {
    this.file = file;
  }

  /**
   * Adds a range.
   *
   * @param headerOffset where the file says so, for messages
   * @param start physical address of the first byte
   * @param length bytes
   * @param offset of the first byte in the file
   * @throws ImageException if the range leaves the file or the physical address space, or is one of
   *     too many
   */
  public void add(long headerOffset, long start, long length, long offset) throws ImageException {
    if (start < 0 || length < 0 || start > PHYSICAL_LIMIT || length > PHYSICAL_LIMIT - start) {
      throw file.malformed(
          headerOffset,
          "physical memory range",
          "an end below 2^52",
          "0x" + Long.toHexString(length) + " bytes from 0x" + Long.toHexString(start));
    }
    if (regions.size() == MOST_RANGES) {
      throw file.malformed(headerOffset, "memory ranges", "at most " + MOST_RANGES, "more");
    }
    file.requireInside(offset, length, "physical memory range");
    long first = (start + PageBytes.SIZE - 1) >>> FrameNumber.SHIFT;
    long end = (start + length) >>> FrameNumber.SHIFT;
    partialFrames += start % PageBytes.SIZE == 0 ? 0 : 1;
    partialFrames += (start + length) % PageBytes.SIZE == 0 ? 0 : 1;
    if (end > first) {
      regions.add(
          new ImageRegions.Region(
              new FrameRange(new FrameNumber(first), end - first),
              offset + (first << FrameNumber.SHIFT) - start));
    }
  }

  /** Frames that were covered in part only, counted once a range. */
  public long partialFrames() {
    return partialFrames;
  }

  /**
   * The ranges as regions. Ranges that share frames are one region if they put them at the same
   * place of the file, as an ELF core with paging does: it lists a frame once for each virtual
   * address.
   *
   * @throws ImageException if there is none, or two put the same frame at different places
   */
  public ImageRegions build() throws ImageException {
    if (regions.isEmpty()) {
      throw new ImageException(
          file.name() + ": memory ranges: expected at least one whole frame, found none");
    }
    List<ImageRegions.Region> sorted = new ArrayList<>(regions);
    sorted.sort(Comparator.comparing(region -> region.frames().first()));
    List<ImageRegions.Region> merged = new ArrayList<>();
    ImageRegions.Region last = sorted.get(0);
    for (ImageRegions.Region next : sorted.subList(1, sorted.size())) {
      long distance = next.frames().first().value() - last.frames().first().value();
      if (distance >= last.frames().count()) {
        merged.add(last);
        last = next;
      } else if (next.offset() - last.offset() == distance << FrameNumber.SHIFT) {
        long count = Math.max(last.frames().count(), distance + next.frames().count());
        last = new ImageRegions.Region(new FrameRange(last.frames().first(), count), last.offset());
      } else {
        throw file.malformed(
            next.offset(),
            "frames from " + next.frames().first(),
            "to lie once in the image",
            "another range with the same frames");
      }
    }
    merged.add(last);
    return ImageRegions.of(merged);
  }
}
