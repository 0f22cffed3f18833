package io.plumbline.signaturestore.extract.bytes;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream that says after every read how many bytes were read so far. */
public abstract class CountingStream extends FilterInputStream {
  private long read;

  protected CountingStream(InputStream in) {
    super(in);
  }

  /**
   * Told after every read and skip.
   *
   * @param bytes read or skipped since the stream was opened
   * @throws IOException if no more may be read
   */
  protected abstract void counted(long bytes) throws IOException;

  @Override
  public final int read() throws IOException {
    int next = super.read();
    count(next < 0 ? 0 : 1);
    return next;
  }

  @Override
  public final int read(byte[] bytes, int from, int length) throws IOException {
    int got = super.read(bytes, from, length);
    count(Math.max(0, got));
    return got;
  }

  @Override
  public final long skip(long bytes) throws IOException {
    long skipped = super.skip(bytes);
    count(skipped);
    return skipped;
  }

  @Override
  public final boolean markSupported() {
    return false;
  }

  private void count(long bytes) throws IOException {
    read += bytes;
    counted(read);
  }
}
