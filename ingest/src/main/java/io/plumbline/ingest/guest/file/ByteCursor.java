package io.plumbline.ingest.guest.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Reads an {@link ImageFile} from front to back, buffered, with cheap jumps over what is not read.
 */
public final class ByteCursor {
  private static final int WINDOW = 1 << 18;

  private final ImageFile file;
  private final ByteBuffer window;
  private long windowStart;

  ByteCursor(ImageFile file, long offset, ByteOrder order) {
    this.file = file;
    this.windowStart = offset;
    this.window =
        ByteBuffer.allocate((int) Math.min(WINDOW, Math.max(Long.BYTES, file.size())))
            .order(order)
            .limit(0);
  }

  /** Offset in the file of the next byte. */
  public long position() {
    return windowStart + window.position();
  }

  /** Whether the file has no further byte. */
  public boolean atEnd() {
    return position() >= file.size();
  }

  /** The next byte, which stays the next byte. */
  public int peek(String what) throws IOException {
    demand(1, what);
    return window.get(window.position()) & 0xff;
  }

  /** The next unsigned byte; {@code what} names it in the message if the file ends here. */
  public int u8(String what) throws IOException {
    demand(1, what);
    return window.get() & 0xff;
  }

  /** The next unsigned 16-bit value. */
  public int u16(String what) throws IOException {
    demand(Short.BYTES, what);
    return window.getShort() & 0xffff;
  }

  /** The next unsigned 32-bit value. */
  public long u32(String what) throws IOException {
    demand(Integer.BYTES, what);
    return window.getInt() & 0xffff_ffffL;
  }

  /** The next 64-bit value. */
  public long u64(String what) throws IOException {
    demand(Long.BYTES, what);
    return window.getLong();
  }

  /** The next {@code length} bytes as Latin-1 text, at most 64 KiB. */
  public String text(long length, String what) throws IOException {
    if (length > 1 << 16) {
      throw malformed(what + ", length", "at most 65536 bytes", length + " bytes");
    }
    demand((int) length, what);
    byte[] bytes = new byte[(int) length];
    window.get(bytes);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** A text behind its length in one byte. */
  public String countedText(String what) throws IOException {
    return text(u8(what), what);
  }

  /** Jumps over {@code length} bytes, which must lie in the file. */
  public void skip(long length, String what) throws IOException {
    file.requireInside(position(), length, what);
    moveTo(position() + length);
  }

  /** Goes on reading at {@code offset}. */
  public void seek(long offset, String what) throws IOException {
    file.requireInside(offset, 0, what);
    moveTo(offset);
  }

  /** The exception for a value at the current position. */
  public ImageException malformed(String what, String expected, String found) {
    return file.malformed(position(), what, expected, found);
  }

  private void moveTo(long offset) {
    long inWindow = offset - windowStart;
    if (inWindow >= 0 && inWindow <= window.limit()) {
      window.position((int) inWindow);
    } else {
      windowStart = offset;
      window.position(0).limit(0);
    }
  }

  private void demand(int length, String what) throws IOException {
    if (window.remaining() >= length) {
      return;
    }
    long position = position();
    file.requireInside(position, length, what);
    windowStart = position;
    window.position(0).limit((int) Math.min(window.capacity(), file.size() - position));
    file.read(position, window);
    window.position(0);
  }
}
