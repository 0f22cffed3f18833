package io.plumbline.flinkjobs.wire;

import io.plumbline.flinkjobs.state.IncomingSignature;
import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.schemas.SignatureAnnouncement;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.RecordCodec;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistryException;
import io.plumbline.schemas.wire.WireFormatException;
import java.nio.charset.StandardCharsets;

/** Reads the signatures topic, where a record without a value revokes the signature of its key. */
public final class SignatureReader implements RecordReader<IncomingSignature> {
  private final RecordCodec<SignatureAnnouncement> codec;

  /** A reader that asks this registry for schemas. */
  public SignatureReader(SchemaRegistry registry) {
    this.codec = new RecordCodec<>(Contract.SIGNATURE, registry);
  }

  @Override
  public IncomingSignature read(Origin origin, byte[] key, byte[] value)
      throws SchemaRegistryException {
    try {
      SignatureEntry entry = value == null ? tombstone(key, origin) : entry(value, origin);
      return new IncomingSignature(entry, null);
    } catch (WireFormatException e) {
      return new IncomingSignature(null, new Refusal(origin, e.getMessage(), key, value));
    }
  }

  private SignatureEntry entry(byte[] value, Origin origin)
      throws WireFormatException, SchemaRegistryException {
    SignatureAnnouncement avro = codec.decode(value);
    return new SignatureEntry(
        id(avro.getSignature()), avro.getBuild(), avro.getLocation(), avro.getRevoked(), origin);
  }

  private static SignatureEntry tombstone(byte[] key, Origin origin) throws WireFormatException {
    String id = key == null ? "" : new String(key, StandardCharsets.UTF_8);
    return new SignatureEntry(id(id), "", "", true, origin);
  }

  private static String id(String value) throws WireFormatException {
    try {
      return new SignatureId(value).value();
    } catch (IllegalArgumentException e) {
      throw new WireFormatException(e.getMessage(), e);
    }
  }
}
