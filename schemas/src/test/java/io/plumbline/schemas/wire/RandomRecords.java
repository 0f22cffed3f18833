package io.plumbline.schemas.wire;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;

/** Values of any schema, drawn from a seed. */
final class RandomRecords {
  private static final int MOST_ELEMENTS = 4;

  private final Random random;

  RandomRecords(long seed) {
    this.random = new Random(seed);
  }

  Object of(Schema schema) {
    return switch (schema.getType()) {
      case RECORD -> record(schema);
      case UNION -> of(schema.getTypes().get(random.nextInt(schema.getTypes().size())));
      case ARRAY -> elements(schema);
      case ENUM -> symbol(schema);
      case FIXED -> new GenericData.Fixed(schema, bytes(schema.getFixedSize()));
      case BYTES -> ByteBuffer.wrap(bytes(random.nextInt(64)));
      case STRING -> text();
      // An Instant of microseconds does not reach every long.
      case LONG -> schema.getLogicalType() == null ? random.nextLong() : random.nextLong() >> 8;
      case INT -> random.nextInt();
      case BOOLEAN -> random.nextBoolean();
      case NULL -> null;
      default -> throw new IllegalArgumentException("no random value for " + schema);
    };
  }

  private GenericData.Record record(Schema schema) {
    GenericData.Record record = new GenericData.Record(schema);
    schema.getFields().forEach(field -> record.put(field.pos(), of(field.schema())));
    return record;
  }

  private GenericData.EnumSymbol symbol(Schema schema) {
    List<String> symbols = schema.getEnumSymbols();
    return new GenericData.EnumSymbol(schema, symbols.get(random.nextInt(symbols.size())));
  }

  private List<Object> elements(Schema schema) {
    List<Object> elements = new ArrayList<>();
    for (int i = random.nextInt(MOST_ELEMENTS); i > 0; i--) {
      elements.add(of(schema.getElementType()));
    }
    return elements;
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(12); i > 0; i--) {
      text.appendCodePoint(random.nextInt(0xd800));
    }
    return text.toString();
  }
}
