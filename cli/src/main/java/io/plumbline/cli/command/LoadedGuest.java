package io.plumbline.cli.command;

import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.trust.Guest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A saved guest with all of its pages in memory, so that no disk is measured. */
final class LoadedGuest {
  private LoadedGuest() {}

  static Guest read(Path image, Optional<Path> registers) throws IOException {
    Map<FrameNumber, Optional<PageBytes>> pages = new HashMap<>();
    try (GuestImage opened = GuestImages.open(image, registers)) {
      opened
          .frames()
          .forEach(
              range -> {
                for (long i = 0; i < range.count(); i++) {
                  FrameNumber frame = new FrameNumber(range.first().value() + i);
                  pages.put(frame, opened.memory().read(frame));
                }
              });
      return new Guest(
          image.toString(), frame -> pages.getOrDefault(frame, Optional.empty()), opened.vcpus());
    }
  }
}
