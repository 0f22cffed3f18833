package io.plumbline.ingest.publish;

/**
 * Kafka or the registry did not take an observation. The message is one line and names who, which
 * observation and how long was waited.
 */
public final class PublishException extends Exception {
  private static final long serialVersionUID = 1L;

  /** A failure with what led to it. */
  public PublishException(String message, Throwable cause) {
    super(message, cause);
  }
}
