package io.plumbline.schemas.wire;

import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;

/**
 * Avro's reader for bytes and schemas that may be hostile: an array's announced length is only a
 * hint for the first allocation, which stays small, so that five bytes cannot ask for gigabytes;
 * and only classes of the contract are made, whatever a schema names (Avro since 1.12.2 refuses
 * class names from schemas unless they are on a list of the whole process, which is not needed when
 * none is looked up).
 */
final class HardenedReader<T extends SpecificRecord> extends SpecificDatumReader<T> {
  private static final int MOST_SLOTS_ON_TRUST = 1024;

  HardenedReader(Schema written, Contract<T> contract) {
    super(checked(written), contract.schema(), new ContractClasses(contract));
  }

  private static Schema checked(Schema written) {
    WrittenSchema.check(written);
    return written;
  }

  @Override
  protected Object newArray(Object old, int size, Schema schema) {
    return super.newArray(old, Math.min(size, MOST_SLOTS_ON_TRUST), schema);
  }

  private static final class ContractClasses extends SpecificData {
    private final Map<String, Class<?>> classes = new HashMap<>();

    ContractClasses(Contract<?> contract) {
      super(contract.type().getClassLoader());
      addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
      // The fast reader has allocation rules of its own.
      setFastReaderEnabled(false);
      collect(contract.schema());
    }

    @Override
    public Class<?> getClass(Schema schema) {
      return switch (schema.getType()) {
        case RECORD, ENUM, FIXED -> classes.get(schema.getFullName());
        default -> super.getClass(schema);
      };
    }

    private void collect(Schema schema) {
      switch (schema.getType()) {
        case RECORD -> {
          if (isNew(schema)) {
            schema.getFields().forEach(field -> collect(field.schema()));
          }
        }
        case ENUM, FIXED -> isNew(schema);
        case UNION -> schema.getTypes().forEach(this::collect);
        case ARRAY -> collect(schema.getElementType());
        case MAP -> collect(schema.getValueType());
        default -> {
          // Primitives have no class of ours.
        }
      }
    }

    private boolean isNew(Schema named) {
      try {
        return classes.put(
                named.getFullName(), Class.forName(named.getFullName(), false, getClassLoader()))
            == null;
      } catch (ClassNotFoundException e) {
        throw new IllegalStateException("no class was generated for " + named.getFullName(), e);
      }
    }
  }
}
