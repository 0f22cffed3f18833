package io.plumbline.cli.fleet;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.HashSet;
import java.util.Set;

/** Processor time and heap of this process; processor time without that of some threads. */
final class ProcessMeter {
  private final OperatingSystemMXBean system =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final Set<Long> left = new HashSet<>();

  /** Threads that run now. */
  Set<Long> running() {
    Set<Long> running = new HashSet<>();
    for (long id : threads.getAllThreadIds()) {
      running.add(id);
    }
    return running;
  }

  /** Leaves a thread out of account, which must live as long as is measured. */
  void leaveOut(long threadId) {
    left.add(threadId);
  }

  /** Processor time of all other threads so far, those of native code included, nanoseconds. */
  long nanos() {
    long mine = 0;
    for (long id : left) {
      mine += Math.max(0, threads.getThreadCpuTime(id));
    }
    return system.getProcessCpuTime() - mine;
  }

  /** Bytes of the heap that are in use after a collection. */
  long heapBytes() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
