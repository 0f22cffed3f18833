package io.plumbline.signaturestore.announce.publish;

/** Kafka or the registry did not take an announcement; the message names who and which. */
public final class AnnounceException extends Exception {
  private static final long serialVersionUID = 1L;

  public AnnounceException(String message, Throwable cause) {
    super(message, cause);
  }
}
