package io.plumbline.signaturestore.extract.deb;

import io.plumbline.signaturestore.extract.ExtractionException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Ends with an error where a bomb would go on. Does not close what it reads from. */
final class BoundedStream extends FilterInputStream {
  private final String name;
  private final long most;
  private long read;

  BoundedStream(String name, InputStream in, long most) {
    super(in);
    this.name = name;
    this.most = most;
  }

  @Override
  public int read() throws IOException {
    int next = super.read();
    count(next < 0 ? 0 : 1);
    return next;
  }

  @Override
  public int read(byte[] bytes, int from, int length) throws IOException {
    int got = super.read(bytes, from, length);
    count(Math.max(0, got));
    return got;
  }

  @Override
  public long skip(long bytes) throws IOException {
    long skipped = super.skip(bytes);
    count(skipped);
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  @Override
  public void close() {}

  private void count(long bytes) throws IOException {
    read += bytes;
    if (read > most) {
      throw new ExtractionException(name, "at most " + most + " bytes", "more");
    }
  }
}
