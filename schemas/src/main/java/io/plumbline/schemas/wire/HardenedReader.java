package io.plumbline.schemas.wire;

import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;

/**
 * Avro's reader for bytes that may be hostile: an array's announced length is only a hint for the
 * first allocation, which stays small, so that five bytes cannot ask for gigabytes.
 */
final class HardenedReader<T extends SpecificRecord> extends SpecificDatumReader<T> {
  private static final int MOST_SLOTS_ON_TRUST = 1024;

  HardenedReader(Schema written, Contract<T> contract) {
    super(written, contract.schema(), model(contract.type()));
  }

  private static SpecificData model(Class<?> type) {
    SpecificData model = new SpecificData(type.getClassLoader());
    model.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
    // The fast reader has allocation rules of its own.
    model.setFastReaderEnabled(false);
    return model;
  }

  @Override
  protected Object newArray(Object old, int size, Schema schema) {
    return super.newArray(old, Math.min(size, MOST_SLOTS_ON_TRUST), schema);
  }
}
