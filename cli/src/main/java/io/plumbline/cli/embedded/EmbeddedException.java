package io.plumbline.cli.embedded;

import java.io.IOException;

/** The broker, the cluster or the job in this process does not do what it should. */
public final class EmbeddedException extends IOException {
  private static final long serialVersionUID = 1L;

  public EmbeddedException(String message) {
    super(message);
  }

  public EmbeddedException(String message, Throwable cause) {
    super(message, cause);
  }
}
