package io.plumbline.introspection.reach;

import java.util.Arrays;

/**
 * Gathers where one page leads, each target once with its best way. A thread has one for all
 * guests, as it knows a place for each of some hundred thousand nodes.
 */
final class EdgeCollector implements ReachSink {
  private static final ThreadLocal<EdgeCollector> OF_THREAD =
      ThreadLocal.withInitial(EdgeCollector::new);

  private ReachEdges edges = new ReachEdges();

  /** For each node the last gathering that met it, and its place there. */
  private int[] gathering = new int[1 << 12];

  private int[] placeOf = new int[1 << 12];
  private int now;

  private EdgeCollector() {}

  /** The thread's; what was gathered last stands until the next begins. */
  static EdgeCollector ofThisThread() {
    return OF_THREAD.get();
  }

  /** Begins with nothing. */
  void begin() {
    edges = new ReachEdges();
    if (now == Integer.MAX_VALUE) {
      Arrays.fill(gathering, 0);
      now = 0;
    }
    now++;
  }

  @Override
  public void leads(int node, long key, int site) {
    if (node >= gathering.length) {
      int more = Math.max(node + 1, 2 * gathering.length);
      gathering = Arrays.copyOf(gathering, more);
      placeOf = Arrays.copyOf(placeOf, more);
    }
    if (gathering[node] == now) {
      edges.improve(placeOf[node], key, site);
    } else {
      gathering[node] = now;
      placeOf[node] = edges.size();
      edges.add(node, key, site);
    }
  }

  /** Place of a node among what was gathered, -1 if it is not. */
  int placeOf(int node) {
    return node < gathering.length && gathering[node] == now ? placeOf[node] : -1;
  }

  /** What was gathered. */
  ReachEdges gathered() {
    edges.trim();
    return edges;
  }
}
