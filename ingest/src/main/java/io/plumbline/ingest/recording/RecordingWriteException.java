package io.plumbline.ingest.recording;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/**
 * A recording cannot be written: its folder, its name or the disk. One line that names the file.
 */
public final class RecordingWriteException extends IOException {
  private static final long serialVersionUID = 1L;

  RecordingWriteException(Path file, String reason) {
    super("recording " + file + ": " + reason);
  }

  RecordingWriteException(Path file, IOException cause) {
    super("recording " + file + ": expected to write it, found " + reason(cause), cause);
  }

  /** Exceptions of the file system may say nothing but the path. */
  private static String reason(IOException cause) {
    if (cause instanceof FileSystemException failure) {
      return failure.getReason() == null
          ? "no such folder, or no permission to write to it"
          : failure.getReason();
    }
    return cause.getMessage();
  }
}
