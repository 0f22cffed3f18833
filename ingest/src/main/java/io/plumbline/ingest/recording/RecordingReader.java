package io.plumbline.ingest.recording;

import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.wire.ObservationFileReader;
import io.plumbline.schemas.wire.WireFormatException;
import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads a recording, one block in memory at a time. Opening it reads the file once and checks its
 * seal, so whatever is read afterwards is what was recorded.
 */
public final class RecordingReader implements Closeable {
  private final Path path;
  private final RecordingHeader header;
  private final long observations;
  private final long bytes;
  private final ObservationFileReader file;
  private long read;

  /**
   * Opens the recording at {@code path}.
   *
   * @throws RecordingException if it is none, unfinished, shortened or altered
   */
  public RecordingReader(Path path) throws IOException {
    this.path = path;
    if (!Files.isRegularFile(path)) { // a pipe would be waited for, and is gone after one reading
      throw new RecordingException(path, "expected a readable regular file, found none");
    }
    try (RandomAccessFile raw = new RandomAccessFile(path.toFile(), "r")) {
      ContainerLayout layout = ContainerLayout.of(path, raw);
      checkFormat(layout.metadata().get(RecordingHeader.FORMAT));
      RecordingSeal.check(path, raw, layout);
      header = RecordingHeader.of(layout.metadata());
      observations = count(layout.metadata().get(RecordingHeader.OBSERVATIONS));
      bytes = raw.length();
    }
    try {
      file = new ObservationFileReader(path);
    } catch (WireFormatException e) {
      throw new RecordingException(path, e.getMessage(), e);
    }
  }

  /** What the recording says of itself. */
  public RecordingHeader header() {
    return header;
  }

  /** Observations in the recording. */
  public long observations() {
    return observations;
  }

  /** Size of the file, in bytes. */
  public long bytes() {
    return bytes;
  }

  /**
   * The next observation, or empty at the end.
   *
   * @throws RecordingException if what comes is no observation of this recording's VM
   */
  public Optional<Observation> next() throws IOException {
    Optional<Observation> next;
    try {
      next = file.next();
    } catch (WireFormatException e) {
      throw new RecordingException(path, "observation " + read + ": " + e.getMessage(), e);
    }
    if (next.isEmpty() && read != observations) {
      throw new RecordingException(
          path, "expected " + observations + " observations, found the end after " + read);
    }
    if (next.isPresent()) {
      String vmId = next.get().vm().vmId();
      if (!vmId.equals(header.vmId())) {
        throw new RecordingException(
            path, "observation " + read + ": expected VM " + header.vmId() + ", found " + vmId);
      }
      read++;
    }
    return next;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private void checkFormat(String format) throws RecordingException {
    if (!Integer.toString(RecordingHeader.FORMAT_VERSION).equals(format)) {
      throw new RecordingException(
          path,
          "header: expected recording format "
              + RecordingHeader.FORMAT_VERSION
              + ", found "
              + (format == null ? "an Avro file that is no recording" : format));
    }
  }

  private long count(String hex) throws RecordingException {
    try {
      return Long.parseLong(hex, 16);
    } catch (NumberFormatException e) {
      throw new RecordingException(
          path, "header: expected a count of observations, found " + hex, e);
    }
  }
}
