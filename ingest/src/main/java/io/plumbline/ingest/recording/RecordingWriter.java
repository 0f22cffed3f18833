package io.plumbline.ingest.recording;

import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.ObservationSink;
import io.plumbline.ingest.wire.ObservationFileWriter;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;

/**
 * Writes a recording: an Avro container of observations, zstd, large blocks because the pages of
 * one kernel resemble each other. The same observations give the same bytes. The file appears under
 * its name when {@link #finish} has sealed it; without that nothing is left behind.
 */
public final class RecordingWriter implements ObservationSink<IOException>, Closeable {
  /** Uncompressed; also what a reader needs to hold at once. */
  private static final int BLOCK_BYTES = 8 << 20;

  /**
   * For recordings that are kept in a repository. A whole 256 MiB guest took 178 s and 35.3 MB,
   * where {@link #QUICKEST} took 7 s and 42.0 MB.
   */
  public static final int SMALLEST = 19;

  /** For recordings that are made while somebody waits. */
  public static final int QUICKEST = 3;

  /** Fixed, so that recordings are reproducible; a random one only helps to split files. */
  private static final byte[] SYNC_MARKER =
      Arrays.copyOf("plumbline record".getBytes(StandardCharsets.US_ASCII), 16);

  private final Path path;
  private final Path unfinished;
  private final String vmId;
  private final ObservationFileWriter file;
  private long observations;
  private boolean closed;

  /** Finished or abandoned. */
  private boolean ended;

  /** Begins a recording that will be at {@code path}, as small as it can be. */
  public RecordingWriter(Path path, RecordingHeader header) throws IOException {
    this(path, header, SMALLEST);
  }

  /**
   * Begins a recording that will be at {@code path}.
   *
   * @param zstdLevel 1 to 22; higher is smaller and slower
   * @throws RecordingWriteException if there is a folder or a device of that name, which would be
   *     replaced, or nothing can be written there
   */
  public RecordingWriter(Path path, RecordingHeader header, int zstdLevel) throws IOException {
    this.path = path;
    this.unfinished = path.resolveSibling(path.getFileName() + ".unfinished");
    this.vmId = header.vmId();
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      throw new RecordingWriteException(
          path,
          "expected a new name or a regular file, found "
              + (Files.isDirectory(path) ? "a folder" : "a device or a pipe"));
    }
    try {
      this.file =
          new ObservationFileWriter(
              new BufferedOutputStream(Files.newOutputStream(unfinished)),
              header.metadata(),
              zstdLevel,
              BLOCK_BYTES,
              SYNC_MARKER);
    } catch (IOException e) {
      throw new RecordingWriteException(path, e);
    }
  }

  @Override
  public void accept(Observation observation) throws IOException {
    if (!observation.vm().vmId().equals(vmId)) {
      throw new IllegalArgumentException(
          "recording of " + vmId + ": found an observation of " + observation.vm().vmId());
    }
    try {
      file.append(observation);
    } catch (IOException e) {
      throw new RecordingWriteException(path, e);
    }
    observations++;
  }

  /** Seals the recording and gives it its name; what was there is replaced. */
  public synchronized void finish() throws IOException {
    if (ended) {
      throw new RecordingWriteException(path, "expected to finish it, found it abandoned");
    }
    try {
      closed = true;
      file.close();
      RecordingSeal.put(unfinished, observations);
      Files.move(
          unfinished, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new RecordingWriteException(path, e);
    }
    ended = true;
  }

  /**
   * Removes what was written, unless it was finished. Another thread may call it while the
   * recording is being made, as when the process is interrupted.
   */
  public synchronized void abandon() throws IOException {
    if (!ended) {
      ended = true;
      Files.deleteIfExists(unfinished);
    }
  }

  /** Removes what was written, unless it was finished. */
  @Override
  public void close() throws IOException {
    try {
      if (!closed) {
        closed = true;
        file.close();
      }
    } finally {
      abandon();
    }
  }
}
