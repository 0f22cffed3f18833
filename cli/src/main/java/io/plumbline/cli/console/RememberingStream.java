package io.plumbline.cli.console;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/**
 * Remembers the first reason why something could not be written, which a print stream keeps to
 * itself: a verdict that a full disk swallowed must not end like one that was told.
 */
public final class RememberingStream extends FilterOutputStream {
  /** What Unix says (EPIPE) when the reader wanted no more, as {@code head} does. */
  private static final String READER_IS_GONE = "Broken pipe";

  private IOException first;

  public RememberingStream(OutputStream target) {
    super(target);
  }

  /** Why something was lost that somebody wanted; empty if all is well or the reader has gone. */
  public synchronized Optional<String> loss() {
    return Optional.ofNullable(first)
        .map(failure -> String.valueOf(failure.getMessage()))
        .filter(reason -> !reason.equals(READER_IS_GONE));
  }

  @Override
  public synchronized void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int start, int length) throws IOException {
    try {
      out.write(bytes, start, length);
    } catch (IOException e) {
      first = first == null ? e : first;
      throw e;
    }
  }
}
