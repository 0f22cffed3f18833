package io.plumbline.ingest.guest.file;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * An image on disk, read at any position by any number of threads. It is not mapped into memory: a
 * file that somebody shortens while it is mapped kills the JVM's access with an error that cannot
 * be caught as bad input.
 */
public final class ImageFile implements Closeable {
  private final String name;
  private final FileChannel channel;
  private final long size;

  private ImageFile(String name, FileChannel channel) throws IOException {
    this.name = name;
    this.channel = channel;
    this.size = channel.size();
  }

  /**
   * Opens a file for reading.
   *
   * @throws IOException if there is no such regular file or it may not be read
   */
  public static ImageFile open(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new ImageException(path + ": expected a readable regular file, found none");
    }
    return new ImageFile(path.toString(), FileChannel.open(path, StandardOpenOption.READ));
  }

  /** A file that was opened elsewhere and whose closing is from now on this object's business. */
  static ImageFile of(String name, FileChannel channel) throws IOException {
    return new ImageFile(name, channel);
  }

  /** How messages call the file: its path, and what was done to it. */
  public String name() {
    return name;
  }

  /** Bytes of the file when it was opened. */
  public long size() {
    return size;
  }

  /**
   * Fills {@code target} with the bytes from {@code offset}.
   *
   * @throws ImageException if the file ends before that
   */
  public void read(long offset, byte[] target) throws IOException {
    read(offset, ByteBuffer.wrap(target));
  }

  /** Fills the rest of {@code target}; otherwise as {@link #read(long, byte[])}. */
  void read(long offset, ByteBuffer target) throws IOException {
    requireInside(offset, target.remaining(), "bytes");
    long position = offset;
    while (target.hasRemaining()) {
      int read = channel.read(target, position);
      if (read < 0) {
        throw malformed(
            position,
            "end of file",
            size + " bytes as when it was opened",
            channel.size() + " bytes");
      }
      position += read;
    }
  }

  /** The first {@code length} bytes, or as many as the file has. */
  public byte[] head(int length) throws IOException {
    byte[] head = new byte[(int) Math.min(length, size)];
    read(0, head);
    return head;
  }

  /**
   * Demands that {@code length} bytes from {@code offset} lie inside the file.
   *
   * @throws ImageException if they do not, naming {@code what}
   */
  public void requireInside(long offset, long length, String what) throws ImageException {
    if (offset < 0 || length < 0 || offset > size || length > size - offset) {
      throw malformed(
          offset,
          what + " of " + Long.toUnsignedString(length) + " bytes",
          "to end within the file's " + size + " bytes",
          "an end beyond them (truncated or damaged)");
    }
  }

  /** A reader that starts at {@code offset}. */
  public ByteCursor cursor(long offset, ByteOrder order) throws ImageException {
    requireInside(offset, 0, "start");
    return new ByteCursor(this, offset, order);
  }

  /** The exception for a value in this file that is not what the format demands. */
  public ImageException malformed(long offset, String what, String expected, String found) {
    return ImageException.at(name, offset, what, expected, found);
  }

  /** All bytes from {@code offset} to the end, in order. */
  public InputStream stream(long offset) throws ImageException {
    requireInside(offset, 0, "start");
    return new FromOffset(offset);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private final class FromOffset extends InputStream {
    private long position;

    FromOffset(long position) {
      this.position = position;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int start, int length) throws IOException {
      int read = channel.read(ByteBuffer.wrap(target, start, length), position);
      position += Math.max(read, 0);
      return read;
    }
  }
}
