package io.plumbline.schemas.wire;

import java.nio.ByteBuffer;

/**
 * Confluent's wire format: a zero byte, the schema's number as 4 bytes big-endian, the Avro binary
 * encoding ("Wire format" in Confluent's Schema Registry documentation).
 */
public final class ConfluentFraming {
  /** The first byte of every framed record. */
  public static final byte MAGIC = 0;

  /** Bytes before the Avro encoding. */
  public static final int HEADER_BYTES = Byte.BYTES + Integer.BYTES;

  private ConfluentFraming() {}

  /** The frame around {@code avro}. */
  public static byte[] frame(int schemaId, byte[] avro) {
    return ByteBuffer.allocate(HEADER_BYTES + avro.length)
        .put(MAGIC)
        .putInt(schemaId)
        .put(avro)
        .array();
  }

  /**
   * The schema number in the frame's header.
   *
   * @throws WireFormatException if {@code framed} is shorter than a header or begins otherwise
   */
  public static int schemaId(byte[] framed) throws WireFormatException {
    if (framed.length < HEADER_BYTES) {
      throw new WireFormatException(
          "framed record: expected at least " + HEADER_BYTES + " bytes, found " + framed.length);
    }
    if (framed[0] != MAGIC) {
      throw new WireFormatException(
          String.format("framed record: expected magic byte 0x00, found 0x%02x", framed[0]));
    }
    return ByteBuffer.wrap(framed).getInt(Byte.BYTES);
  }
}
