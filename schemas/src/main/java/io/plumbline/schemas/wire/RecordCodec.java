package io.plumbline.schemas.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;

/**
 * The values of one topic as framed bytes. What it decodes may have been written in any schema that
 * the registry knows and this code can read. Not safe for several threads at once.
 */
public final class RecordCodec<T extends SpecificRecord> {
  private final Contract<T> contract;
  private final SchemaRegistry registry;
  private final SpecificDatumWriter<T> writer;
  private final Map<Integer, DatumReader<T>> readers = new HashMap<>();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private BinaryEncoder encoder;
  private BinaryDecoder decoder;
  private Integer ownId;

  /** A codec for the contract's topic; asks the registry nothing until it is used. */
  public RecordCodec(Contract<T> contract, SchemaRegistry registry) {
    this.contract = contract;
    this.registry = registry;
    this.writer = new SpecificDatumWriter<>(contract.type());
  }

  /** What the records are. */
  public Contract<T> contract() {
    return contract;
  }

  /**
   * {@code record}, framed.
   *
   * @throws SchemaRegistryException if the registry does not number this code's schema
   */
  public byte[] encode(T record) throws SchemaRegistryException {
    if (ownId == null) {
      ownId = registry.idOf(contract.topic().subject(), contract.schema());
    }
    bytes.reset();
    encoder = EncoderFactory.get().binaryEncoder(bytes, encoder);
    try {
      writer.write(record, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory cannot fail", e);
    }
    return ConfluentFraming.frame(ownId, bytes.toByteArray());
  }

  /**
   * The record in {@code framed}.
   *
   * @throws WireFormatException if the bytes are not such a record
   * @throws SchemaRegistryException if the registry cannot be asked
   */
  public T decode(byte[] framed) throws WireFormatException, SchemaRegistryException {
    int id = ConfluentFraming.schemaId(framed);
    DatumReader<T> reader = readerFor(id);
    int length = framed.length - ConfluentFraming.HEADER_BYTES;
    decoder =
        DecoderFactory.get().binaryDecoder(framed, ConfluentFraming.HEADER_BYTES, length, decoder);
    T record;
    boolean atEnd;
    try {
      record = reader.read(null, decoder);
      atEnd = decoder.isEnd();
    } catch (IOException | RuntimeException e) {
      throw new WireFormatException(
          String.format(
              "%s: expected a %s in schema %d, found %d bytes that are none: %s",
              contract.topic().topicName(),
              contract.schema().getName(),
              id,
              length,
              WireFormatException.reason(e)),
          e);
    }
    if (!atEnd) {
      throw new WireFormatException(
          String.format(
              "%s: expected the %s in schema %d to end with the record, found bytes after it",
              contract.topic().topicName(), contract.schema().getName(), id));
    }
    return record;
  }

  private DatumReader<T> readerFor(int id) throws WireFormatException, SchemaRegistryException {
    DatumReader<T> known = readers.get(id);
    if (known != null) {
      return known;
    }
    Schema written;
    try {
      written = registry.byId(id);
    } catch (UnknownSchemaException e) {
      throw new WireFormatException(contract.topic().topicName() + ": " + e.getMessage(), e);
    }
    try {
      DatumReader<T> reader = contract.reader(written);
      readers.put(id, reader);
      return reader;
    } catch (AvroRuntimeException e) {
      throw new WireFormatException(
          contract.topic().topicName() + ": schema " + id + ": " + WireFormatException.reason(e),
          e);
    }
  }
}
