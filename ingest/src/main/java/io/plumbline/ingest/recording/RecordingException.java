package io.plumbline.ingest.recording;

import java.io.IOException;
import java.nio.file.Path;

/** A recording is damaged or none. The message names the file, the place, expected and found. */
public final class RecordingException extends IOException {
  private static final long serialVersionUID = 1L;

  /** A refusal with its reason. */
  public RecordingException(Path file, String reason) {
    super("recording " + file + ": " + reason);
  }

  /** A refusal with its reason and what led to it. */
  public RecordingException(Path file, String reason, Throwable cause) {
    super("recording " + file + ": " + reason, cause);
  }
}
