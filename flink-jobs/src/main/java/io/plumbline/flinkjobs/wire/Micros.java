package io.plumbline.flinkjobs.wire;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Avro's timestamp-micros, which the generated classes show as instants. */
final class Micros {
  private Micros() {}

  static long of(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
