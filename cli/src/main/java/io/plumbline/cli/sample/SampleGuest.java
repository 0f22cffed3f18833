package io.plumbline.cli.sample;

import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.recording.RecordingException;
import io.plumbline.ingest.recording.RecordingReader;
import io.plumbline.ingest.recording.ReplayedGuest;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.trust.Guest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A guest out of a recording that is told against the file of the kernel that it runs. */
public final class SampleGuest {
  private SampleGuest() {}

  /**
   * Reads the guest as the recording leaves it.
   *
   * @param kernel that the recording was told against
   * @throws RecordingException if it was told against another kernel, or against none
   */
  public static Guest read(Path recording, KernelImage kernel) throws IOException {
    try (RecordingReader reader = new RecordingReader(recording)) {
      LoadedKernel loaded =
          LoadedKernel.ofNotes(reader.header().notes())
              .orElseThrow(
                  () ->
                      new RecordingException(
                          recording, "header: expected the place of a kernel, found none"));
      ReplayedGuest guest = new ReplayedGuest(loaded.pages(kernel));
      for (Optional<Observation> next = reader.next(); next.isPresent(); next = reader.next()) {
        guest.apply(next.get());
      }
      return new Guest(reader.header().vmId(), guest, guest.vcpus());
    } catch (ReplayedGuest.ReplayException e) {
      throw new RecordingException(
          recording, e.getMessage() + "; told against " + kernel.name().build(), e);
    }
  }
}
