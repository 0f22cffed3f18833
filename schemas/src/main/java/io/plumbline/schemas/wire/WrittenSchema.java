package io.plumbline.schemas.wire;

import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;

/**
 * A schema that somebody else wrote, from a registry or from a file's header. What this code's own
 * schema does not know is skipped as that schema says, and bytes can be skipped for ever: an array
 * of 2^31 nulls takes six of them, a record that holds itself ends with the stack, and records of
 * twice the record before grow as powers of two. Such a schema is refused before a byte is read.
 */
final class WrittenSchema {
  /** Many times the largest contract's, which has about 150. */
  private static final int MOST_NODES = 2000;

  private static final int DEEPEST = 32;

  private final String name;
  private int nodes;

  private WrittenSchema(String name) {
    this.name = name;
  }

  /**
   * Demands that reading by {@code schema} takes time in proportion to the bytes read.
   *
   * @throws AvroRuntimeException if it does not
   */
  static void check(Schema schema) {
    WrittenSchema written =
        new WrittenSchema(
            switch (schema.getType()) {
              case RECORD, ENUM, FIXED -> schema.getFullName();
              default -> schema.getType().getName();
            });
    written.takesBytes(schema, 0);
  }

  /** Whether every value of {@code schema} takes at least one byte. */
  private boolean takesBytes(Schema schema, int depth) {
    if (++nodes > MOST_NODES || depth > DEEPEST) {
      throw refusal("at most " + MOST_NODES + " types, " + DEEPEST + " deep", "more, or recursion");
    }
    return switch (schema.getType()) {
      case NULL -> false;
      case FIXED -> schema.getFixedSize() > 0;
      case RECORD -> {
        boolean takes = false;
        for (Schema.Field field : schema.getFields()) {
          takes |= takesBytes(field.schema(), depth + 1);
        }
        yield takes;
      }
      case ARRAY -> checkElements(schema.getElementType(), depth);
      case MAP -> checkElements(schema.getValueType(), depth);
      case UNION -> {
        schema.getTypes().forEach(each -> takesBytes(each, depth + 1));
        yield true;
      }
      default -> true;
    };
  }

  private boolean checkElements(Schema element, int depth) {
    if (!takesBytes(element, depth + 1)) {
      throw refusal("elements of at least one byte", "an array or map of elements without any");
    }
    return true;
  }

  private AvroRuntimeException refusal(String expected, String found) {
    return new AvroRuntimeException(
        "schema " + name + ": expected " + expected + ", found " + found);
  }
}
