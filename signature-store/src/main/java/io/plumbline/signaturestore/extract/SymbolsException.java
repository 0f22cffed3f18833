package io.plumbline.signaturestore.extract;

import java.io.IOException;

/** A list of symbols that cannot be read; the message names file, line, expected and found. */
public final class SymbolsException extends IOException {
  private static final long serialVersionUID = 1L;

  public SymbolsException(String message) {
    super(message);
  }
}
