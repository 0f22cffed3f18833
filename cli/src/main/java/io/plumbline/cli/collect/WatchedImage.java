package io.plumbline.cli.collect;

import io.plumbline.ingest.capture.CaptureRounds;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.FrameSet;
import io.plumbline.ingest.capture.KernelFrames;
import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.Observation.CaptureBoundary;
import io.plumbline.ingest.capture.ObservationSink;
import io.plumbline.ingest.capture.PagesMode;
import io.plumbline.ingest.capture.RoundTotals;
import io.plumbline.ingest.capture.WatchedFrames;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.ingest.guest.layout.FrameRange;
import io.plumbline.introspection.reach.ExplorationBudget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;

/**
 * One guest's image, of which every new version is a capture round.
 *
 * <p>A version that is replaced while it is read would be half one guest and half another. Its
 * round has begun to flow by then, so it is left without its boundary: nobody judges it, and the
 * round after it says everything.
 */
final class WatchedImage {
  private final CollectedVm vm;
  private final CapturedVm captured;
  private final long keptBytes;
  private Optional<CaptureRounds> rounds = Optional.empty();
  private Optional<Version> told = Optional.empty();

  /** What tells two versions of a file apart. */
  private record Version(
      FileTime modified, long bytes, Object file, Optional<FileTime> registers) {}

  /** The image was replaced while it was read. */
  static final class ReplacedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  WatchedImage(CollectedVm vm, CapturedVm captured, long keptBytes) {
    this.vm = vm;
    this.captured = captured;
    this.keptBytes = keptBytes;
  }

  String vmId() {
    return vm.id();
  }

  /** Makes the next look tell everything, whether or not the image has changed. */
  void restate() {
    told = Optional.empty();
    rounds.ifPresent(CaptureRounds::restateEverything);
  }

  /**
   * Tells a round if the image is not the one that was told last.
   *
   * @return what it came to; empty if there was nothing to tell
   * @throws IOException if the image cannot be read; it is tried again when it has changed
   * @throws ReplacedException if it was replaced meanwhile; it is tried again at the next look
   */
  <E extends Exception> Optional<RoundTotals> look(ObservationSink<E> out) throws IOException, E {
    Version version = version();
    if (told.filter(version::equals).isPresent()) {
      return Optional.empty();
    }
    told = Optional.of(version);
    try (GuestImage image = GuestImages.open(vm.image(), vm.registers())) {
      if (rounds.isEmpty()) {
        rounds = Optional.of(new CaptureRounds(captured, watched(image), keptBytes));
      }
      return Optional.of(
          rounds
              .get()
              .capture(
                  image.memory(),
                  image.vcpus(),
                  version.modified().toInstant(),
                  observation -> {
                    checkBoundary(observation, version);
                    out.accept(observation);
                  }));
    } catch (UncheckedIOException e) { // the file was shortened, or its disk failed
      throw e.getCause();
    }
  }

  private void checkBoundary(Observation observation, Version version) {
    try {
      if (observation.body() instanceof CaptureBoundary && !version().equals(version)) {
        told = Optional.empty();
        throw new ReplacedException();
      }
    } catch (IOException e) {
      told = Optional.empty();
      throw new UncheckedIOException(e);
    }
  }

  private Version version() throws IOException {
    BasicFileAttributes image = Files.readAttributes(vm.image(), BasicFileAttributes.class);
    Optional<FileTime> registers =
        vm.registers().isEmpty()
            ? Optional.empty()
            : Optional.of(Files.getLastModifiedTime(vm.registers().get()));
    return new Version(
        image.lastModifiedTime(),
        image.size(),
        Optional.ofNullable(image.fileKey()).orElse("no key"),
        registers);
  }

  private WatchedFrames watched(GuestImage guest) {
    if (vm.pages() == PagesMode.KERNEL) {
      return new KernelFrames(ExplorationBudget.STANDARD);
    }
    FrameSet ram = FrameSet.EMPTY;
    for (FrameRange range : guest.frames()) {
      ram = ram.union(FrameSet.range(range.first(), range.count()));
    }
    return WatchedFrames.all(ram);
  }
}
