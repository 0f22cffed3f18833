package io.plumbline.cli.command;

import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.fleet.RecordedState;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.trust.Guest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A saved guest with all of its pages in memory, so that no disk is measured. */
final class LoadedGuest {
  /** What a recording begins with (Avro 1.11, object container files). */
  private static final byte[] AVRO_FILE = {'O', 'b', 'j', 1};

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

  /** Whether a file is a recording, and no image of a guest. */
  static boolean isRecording(Path file) throws IOException {
    try (InputStream bytes = Files.newInputStream(file)) {
      return Arrays.equals(bytes.readNBytes(AVRO_FILE.length), AVRO_FILE);
    }
  }

  /**
   * A recorded guest as it was at the end of a round, and the frames that were recorded of it.
   *
   * @param number of the round, from 0
   */
  static Loaded recorded(Path file, int number) throws IOException {
    List<RecordedState> rounds = RecordedState.upTo(file, number);
    if (number >= rounds.size()) {
      throw new CommandFailure(
          ExitCode.UNREADABLE,
          file + ": expected round " + number + ", found " + rounds.size() + " rounds, from 0 on");
    }
    RecordedState state = rounds.get(number);
    Guest guest = new Guest(String.valueOf(file.getFileName()), state, state.vcpus());
    return new Loaded(guest, state.pages().frames());
  }
}
