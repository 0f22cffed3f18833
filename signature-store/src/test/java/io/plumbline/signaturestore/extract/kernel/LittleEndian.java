package io.plumbline.signaturestore.extract.kernel;

import java.io.ByteArrayOutputStream;

/** Bytes that grow, written as little-endian numbers. */
public final class LittleEndian {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  public LittleEndian() {}

  public LittleEndian number(long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >>> (8 * i)));
    }
    return this;
  }

  public LittleEndian u8(int value) {
    return number(value, 1);
  }

  public LittleEndian u16(int value) {
    return number(value, 2);
  }

  public LittleEndian u32(long value) {
    return number(value, 4);
  }

  public LittleEndian u64(long value) {
    return number(value, 8);
  }

  public LittleEndian bytes(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  /** Zeros up to {@code place}. */
  public LittleEndian padTo(int place) {
    while (out.size() < place) {
      out.write(0);
    }
    return this;
  }

  public LittleEndian align(int alignment) {
    return padTo((out.size() + alignment - 1) / alignment * alignment);
  }

  public int size() {
    return out.size();
  }

  public byte[] toBytes() {
    return out.toByteArray();
  }
}
