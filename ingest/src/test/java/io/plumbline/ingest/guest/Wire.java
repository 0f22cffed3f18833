package io.plumbline.ingest.guest;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Bytes being written in one byte order. */
final class Wire {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteOrder order;

  Wire(ByteOrder order) {
    this.order = order;
  }

  Wire u8(int value) {
    out.write(value);
    return this;
  }

  Wire u16(int value) {
    return raw(ByteBuffer.allocate(2).order(order).putShort((short) value).array());
  }

  Wire u32(long value) {
    return raw(ByteBuffer.allocate(4).order(order).putInt((int) value).array());
  }

  Wire u64(long... values) {
    for (long value : values) {
      raw(ByteBuffer.allocate(8).order(order).putLong(value).array());
    }
    return this;
  }

  Wire raw(byte[] bytes) {
    out.write(bytes, 0, bytes.length);
    return this;
  }

  Wire text(String text) {
    return raw(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  Wire countedText(String text) {
    return u8(text.length()).text(text);
  }

  Wire zeros(int count) {
    return raw(new byte[count]);
  }

  int size() {
    return out.size();
  }

  byte[] bytes() {
    return out.toByteArray();
  }
}
