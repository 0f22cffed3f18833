package io.plumbline.flinkjobs.operator;

/**
 * Processing time and wake-ups of one VM, as a port: Flink's timers in the job, a set in tests. A
 * wake-up is kept in checkpoints like state.
 */
interface VmTimers {
  /** Milliseconds since 1970-01-01T00:00Z. */
  long nowMillis();

  void wakeAt(long millis);

  void cancel(long millis);
}
