package io.plumbline.signaturestore.extract;

import java.io.IOException;

/**
 * A package, a kernel or a part of one that cannot be read. The message is one line: the file, what
 * of it, what was expected and what was found.
 */
public final class ExtractionException extends IOException {
  private static final long serialVersionUID = 1L;

  public ExtractionException(String where, String expected, String found) {
    super(where + ": expected " + expected + ", found " + found);
  }

  public ExtractionException(String where, String expected, String found, Throwable cause) {
    super(where + ": expected " + expected + ", found " + found, cause);
  }
}
