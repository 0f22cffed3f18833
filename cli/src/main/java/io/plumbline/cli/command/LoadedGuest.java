package io.plumbline.cli.command;

import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.ingest.recording.RecordingReader;
import io.plumbline.ingest.recording.ReplayedGuest;
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

  /**
   * A recorded guest as it was in its first round.
   *
   * @throws ReplayedGuest.ReplayException if observations do not fit together
   */
  static Guest recorded(Path file) throws IOException, ReplayedGuest.ReplayException {
    ReplayedGuest guest = new ReplayedGuest();
    try (RecordingReader reader = new RecordingReader(file)) {
      Optional<Observation> next = reader.next();
      while (next.isPresent() && guest.apply(next.get()).isEmpty()) {
        next = reader.next();
      }
      if (next.isEmpty()) {
        throw new CommandFailure(
            ExitCode.UNREADABLE, file + ": expected a whole round, found none");
      }
      return new Guest(String.valueOf(file.getFileName()), guest, guest.vcpus());
    }
  }
}
