package io.plumbline.introspection.code;

import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Bytes gathered one instruction after the other, in a buffer that grows and is used again: after
 * the first blocks nothing is allocated. Not for use by several threads.
 */
public final class ByteSink {
  private byte[] bytes;
  private int length;

  public ByteSink(int expected) {
    bytes = new byte[Math.max(16, expected)];
  }

  public void append(byte value) {
    ensure(1);
    bytes[length++] = value;
  }

  public void append(byte[] source, int from, int count) {
    ensure(count);
    // Instructions are short: a loop beats the call of arraycopy.
    for (int i = 0; i < count; i++) {
      bytes[length + i] = source[from + i];
    }
    length += count;
  }

  /** Appends {@code count} zero bytes. */
  public void appendZeros(int count) {
    ensure(count);
    Arrays.fill(bytes, length, length + count, (byte) 0);
    length += count;
  }

  public int length() {
    return length;
  }

  /** Forgets the bytes, keeps the buffer. */
  public void clear() {
    length = 0;
  }

  /** Feeds the bytes to a digest without copying them. */
  public void feed(MessageDigest digest) {
    digest.update(bytes, 0, length);
  }

  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, length);
  }

  private void ensure(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
    }
  }
}
