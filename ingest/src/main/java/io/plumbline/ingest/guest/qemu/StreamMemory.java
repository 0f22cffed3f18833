package io.plumbline.ingest.guest.qemu;

import io.plumbline.ingest.guest.file.ImageFile;
import io.plumbline.ingest.guest.layout.ImageRegions;
import io.plumbline.ingest.guest.layout.RamLayout;
import io.plumbline.ingest.guest.layout.RegionMemory;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The machine's RAM, frame by frame, out of a stream that holds its pages in any order. */
final class StreamMemory implements PageSource {
  private final ImageFile file;
  private final ImageRegions regions;
  private final List<RamBlock> blocks;

  StreamMemory(ImageFile file, RamLayout layout, List<RamBlock> blocks) {
    this.file = file;
    this.regions = ImageRegions.of(layout, 0);
    this.blocks = blocks;
  }

  /** The frames that are RAM. */
  ImageRegions regions() {
    return regions;
  }

  /** Frames of RAM that the stream never brought. */
  long absentFrames() {
    return blocks.stream().mapToLong(block -> block.index().absent()).sum();
  }

  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    long offset = regions.offsetOf(frame);
    if (offset == ImageRegions.ABSENT) {
      return Optional.empty();
    }
    for (RamBlock block : blocks) {
      if (offset < block.bytes()) {
        return page(block.index(), offset / PageBytes.SIZE);
      }
      offset -= block.bytes();
    }
    throw new IllegalStateException("frame " + frame + " lies in the layout but in no RAM block");
  }

  private Optional<PageBytes> page(PageIndex index, long page) {
    if (!index.has(page)) {
      return Optional.empty();
    }
    if (!index.isFilled(page)) {
      return Optional.of(RegionMemory.page(file, index.offset(page)));
    }
    int fill = index.fill(page);
    return Optional.of(fill == 0 ? PageBytes.ZERO : filled(fill));
  }

  private static PageBytes filled(int fill) {
    byte[] page = new byte[PageBytes.SIZE];
    Arrays.fill(page, (byte) fill);
    return PageBytes.wrap(page);
  }
}
