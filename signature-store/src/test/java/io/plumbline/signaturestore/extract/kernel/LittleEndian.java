package io.plumbline.signaturestore.extract.kernel;

import java.io.ByteArrayOutputStream;

/** Bytes that grow, written as little-endian numbers. */
final class LittleEndian {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  LittleEndian number(long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >>> (8 * i)));
    }
    return this;
  }

  LittleEndian u8(int value) {
    return number(value, 1);
  }

  LittleEndian u16(int value) {
    return number(value, 2);
  }

  LittleEndian u32(long value) {
    return number(value, 4);
  }

  LittleEndian u64(long value) {
    return number(value, 8);
  }

  LittleEndian bytes(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  /** Zeros up to {@code place}. */
  LittleEndian padTo(int place) {
    while (out.size() < place) {
      out.write(0);
    }
    return this;
  }

  LittleEndian align(int alignment) {
    return padTo((out.size() + alignment - 1) / alignment * alignment);
  }

  int size() {
    return out.size();
  }

  byte[] toBytes() {
    return out.toByteArray();
  }
}
