package io.plumbline.introspection.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Shows guest after guest to every probe, on one thread, and keeps what was worst. The limit of
 * time is held against the processor time of the thread, which other work on the machine does not
 * lengthen; the clock on the wall is told besides.
 */
final class FuzzRun {
  /** One guest of so many is looked at twice. */
  private static final int AGAIN = 32;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** The most that one probe took, and which guest made it. */
  record Worst(long amount, String guest) {
    Worst or(long other, HostileGuest of) {
      return other > amount ? new Worst(other, of.toString()) : this;
    }
  }

  private static final Worst NOTHING = new Worst(0, "none");

  private final FuzzBounds bounds;
  private final Map<String, Worst> slowest = new LinkedHashMap<>();
  private final Map<String, Worst> slowestByClock = new LinkedHashMap<>();
  private final Map<String, Worst> largest = new LinkedHashMap<>();
  private final Map<String, Map<String, Long>> answers = new LinkedHashMap<>();
  private final Map<String, Long> nanos = new LinkedHashMap<>();
  private final Map<String, Long> kinds = new TreeMap<>();
  private long guests;

  FuzzRun(FuzzBounds bounds) {
    this.bounds = bounds;
  }

  /** Looks at the guests of {@code count} seeds from {@code first} on. */
  FuzzRun of(long first, long count) {
    for (long seed = first; seed < first + count; seed++) {
      look(HostileGuest.of(seed));
    }
    return this;
  }

  /** Looks at one guest with every probe. */
  void look(HostileGuest guest) {
    guests++;
    guest.hostilities().forEach(each -> kinds.merge(each.name(), 1L, Long::sum));
    for (Probe probe : Probe.ALL) {
      look(guest, probe, Math.floorMod(guest.seed(), AGAIN) == 0);
    }
  }

  private void look(HostileGuest guest, Probe probe, boolean again) {
    long bytes = THREADS.getCurrentThreadAllocatedBytes();
    long start = System.nanoTime();
    long cpu = THREADS.getCurrentThreadCpuTime();
    try {
      answers
          .computeIfAbsent(probe.name(), name -> new TreeMap<>())
          .merge(probe.look(guest, bounds, false), 1L, Long::sum);
    } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
      throw new AssertionError(probe.name() + " of " + guest + ": " + e, e);
    }
    long took = THREADS.getCurrentThreadCpuTime() - cpu;
    long clock = System.nanoTime() - start;
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - bytes;
    nanos.merge(probe.name(), took, Long::sum);
    keep(slowest, probe, took, guest);
    keep(slowestByClock, probe, clock, guest);
    keep(largest, probe, allocated, guest);
    String who = probe.name() + " of " + guest;
    Law.holds(allocated <= bounds.bytes(), () -> who + " allocated " + allocated + " bytes");
    Law.holds(took <= bounds.nanos(), () -> who + " took " + took / 1_000_000 + " ms");
    if (again) {
      try {
        probe.look(guest, bounds, true);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(who + ", again: " + e, e);
      }
    }
  }

  private static void keep(Map<String, Worst> worst, Probe probe, long amount, HostileGuest guest) {
    Worst old = worst.getOrDefault(probe.name(), NOTHING);
    worst.put(probe.name(), old.or(amount, guest));
  }

  /** Guests looked at so far. */
  long guests() {
    return guests;
  }

  /** What was seen, in lines. */
  List<String> report() {
    List<String> lines = new ArrayList<>();
    lines.add(guests + " guests; how often each thing was done: " + kinds);
    for (Probe probe : Probe.ALL) {
      String name = probe.name();
      long average = nanos.getOrDefault(name, 0L) / Math.max(1, guests) / 1000;
      lines.add(
          String.format(
              "%s: %d us of processor time on average; %s", name, average, answers.get(name)));
      lines.add("  slowest " + millis(slowest.get(name)));
      lines.add("  slowest by the clock " + millis(slowestByClock.get(name)));
      Worst large = largest.get(name);
      lines.add(String.format("  largest %.1f MiB, %s", large.amount / 1048576.0, large.guest));
    }
    return lines;
  }

  private static String millis(Worst worst) {
    return String.format("%.1f ms, %s", worst.amount / 1e6, worst.guest);
  }
}
