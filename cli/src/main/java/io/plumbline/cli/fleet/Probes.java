package io.plumbline.cli.fleet;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Rounds that have to make a finding open or close, and when the first word of each came. Safe for
 * one thread that publishes and one that reads.
 */
final class Probes {
  private record Round(String vmId, long round) {}

  private final Map<Round, Long> published = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Long> latencies = new ConcurrentLinkedQueue<>();
  private final Set<String> primed = ConcurrentHashMap.newKeySet();

  /** A round of {@code vmId} whose finding is waited for is about to be published. */
  void expect(String vmId, long round, long nanoTime) {
    published.put(new Round(vmId, round), nanoTime);
  }

  /** A finding of this round arrived. */
  void found(String vmId, long round, long nanoTime) {
    Long began = published.remove(new Round(vmId, round));
    if (began != null) {
      latencies.add(nanoTime - began);
    }
  }

  /** Forgets how long those took that were found, and which are waited for. */
  void forgetRounds() {
    latencies.clear();
    published.clear();
  }

  /** The first verdict of {@code vmId} arrived. */
  void judged(String vmId) {
    primed.add(vmId);
  }

  int judged() {
    return primed.size();
  }

  int waitedFor() {
    return published.size();
  }

  Latencies latencies() {
    long[] nanos = latencies.stream().mapToLong(Long::longValue).toArray();
    return new Latencies(nanos, published.size());
  }
}
