package io.plumbline.flinkjobs.state;

/**
 * Where a record came from.
 *
 * @param offset in the partition, counted from 0
 * @param timestampMillis the record's own timestamp, milliseconds since 1970-01-01T00:00Z, or -1
 */
public record Origin(String topic, int partition, long offset, long timestampMillis) {
  @Override
  public String toString() {
    return topic + "-" + partition + "@" + offset;
  }
}
