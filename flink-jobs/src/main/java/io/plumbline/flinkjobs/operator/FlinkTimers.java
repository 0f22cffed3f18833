package io.plumbline.flinkjobs.operator;

import org.apache.flink.streaming.api.TimerService;

/** Flink's processing-time timers of the key that is current. */
record FlinkTimers(TimerService service) implements VmTimers {
  @Override
  public long nowMillis() {
    return service.currentProcessingTime();
  }

  @Override
  public void wakeAt(long millis) {
    service.registerProcessingTimeTimer(millis);
  }

  @Override
  public void cancel(long millis) {
    service.deleteProcessingTimeTimer(millis);
  }
}
