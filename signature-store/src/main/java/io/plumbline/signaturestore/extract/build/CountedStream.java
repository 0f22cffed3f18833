package io.plumbline.signaturestore.extract.build;

import io.plumbline.signaturestore.extract.bytes.CountingStream;
import java.io.InputStream;
import java.util.function.LongConsumer;

/** Tells how many bytes of a stream were read. */
final class CountedStream extends CountingStream {
  private final LongConsumer told;

  /**
   * @param told how many bytes were read, after every read
   */
  CountedStream(InputStream in, LongConsumer told) {
    super(in);
    this.told = told;
  }

  @Override
  protected void counted(long bytes) {
    told.accept(bytes);
  }
}
