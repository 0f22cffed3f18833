package io.plumbline.signaturestore.extract.deb;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.CountingStream;
import java.io.IOException;
import java.io.InputStream;

/** Ends with an error where a bomb would go on. Does not close what it reads from. */
final class BoundedStream extends CountingStream {
  private final String name;
  private final long most;

  BoundedStream(String name, InputStream in, long most) {
    super(in);
    this.name = name;
    this.most = most;
  }

  @Override
  public void close() {}

  @Override
  protected void counted(long bytes) throws IOException {
    if (bytes > most) {
      throw new ExtractionException(name, "at most " + most + " bytes", "more");
    }
  }
}
