package io.plumbline.cli.command;

import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.trust.Guest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A saved guest with all of its pages in memory, so that no disk is measured. */
final class LoadedGuest {
  private LoadedGuest() {}

  /**
   * A guest, and the frames that it has.
   *
   * @param frames in the order of the image
   */
  record Loaded(Guest guest, List<FrameNumber> frames) {}

  static Guest read(Path image, Optional<Path> registers) throws IOException {
    return withFrames(image, registers).guest();
  }

  static Loaded withFrames(Path image, Optional<Path> registers) throws IOException {
    List<FrameNumber> frames = new ArrayList<>();
    Map<FrameNumber, Optional<PageBytes>> pages = new HashMap<>();
    try (GuestImage opened = GuestImages.open(image, registers)) {
      opened
          .frames()
          .forEach(
              range -> {
                for (long i = 0; i < range.count(); i++) {
                  FrameNumber frame = new FrameNumber(range.first().value() + i);
                  Optional<PageBytes> page = opened.memory().read(frame);
                  pages.put(frame, page);
                  page.ifPresent(there -> frames.add(frame));
                }
              });
      Guest guest =
          new Guest(
              image.toString(),
              frame -> pages.getOrDefault(frame, Optional.empty()),
              opened.vcpus());
      return new Loaded(guest, frames);
    }
  }
}
