package io.plumbline.ingest.guest.layout;

import io.plumbline.ingest.guest.file.ImageFile;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/**
 * Guest memory that lies uncompressed in a file. A disk that fails, or a file that is shortened
 * while it is read, ends the reading with an {@link UncheckedIOException}: to say "unreadable
 * frame" would blame the guest.
 */
public record RegionMemory(ImageFile file, ImageRegions regions) implements PageSource {
  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    long offset = regions.offsetOf(frame);
    return offset == ImageRegions.ABSENT ? Optional.empty() : Optional.of(page(file, offset));
  }

  /** The 4096 bytes at {@code offset} of {@code file}. */
  public static PageBytes page(ImageFile file, long offset) {
    byte[] page = new byte[PageBytes.SIZE];
    try {
      file.read(offset, page);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return PageBytes.wrap(page);
  }
}
