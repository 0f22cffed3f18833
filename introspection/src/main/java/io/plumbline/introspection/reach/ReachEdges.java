package io.plumbline.introspection.reach;

import java.util.Arrays;

/**
 * Where a page leads: nodes, each with the key that it has by the best way through the page, and
 * the instruction or pointer on the page that leads there on it.
 */
final class ReachEdges {
  private static final int[] NO_NODES = {};
  private static final long[] NO_KEYS = {};
  private static final short[] NO_SITES = {};

  private int[] targets;
  private long[] keys;
  private short[] sites;
  private int size;

  /** None. */
  ReachEdges() {
    targets = NO_NODES;
    keys = NO_KEYS;
    sites = NO_SITES;
  }

  /** None, with room for some. */
  ReachEdges(int room) {
    targets = new int[room];
    keys = new long[room];
    sites = new short[room];
  }

  ReachEdges copy() {
    ReachEdges copy = new ReachEdges();
    copy.targets = Arrays.copyOf(targets, size);
    copy.keys = Arrays.copyOf(keys, size);
    copy.sites = Arrays.copyOf(sites, size);
    copy.size = size;
    return copy;
  }

  void add(int target, long key, int site) {
    if (size == targets.length) {
      int more = Math.max(8, size + (size >> 1));
      targets = Arrays.copyOf(targets, more);
      keys = Arrays.copyOf(keys, more);
      sites = Arrays.copyOf(sites, more);
    }
    targets[size] = target;
    keys[size] = key;
    sites[size++] = (short) site;
  }

  /** Adds some of others, in their order. */
  void addAll(ReachEdges others, int from, int count) {
    for (int edge = from; edge < from + count; edge++) {
      add(others.targets[edge], others.keys[edge], others.sites[edge]);
    }
  }

  /** Whether these are the same edges in the same order. */
  boolean isLike(ReachEdges other) {
    return this == other
        || (Arrays.equals(targets, 0, size, other.targets, 0, other.size)
            && Arrays.equals(keys, 0, size, other.keys, 0, other.size)
            && Arrays.equals(sites, 0, size, other.sites, 0, other.size));
  }

  long heldBytes() {
    return (long) targets.length * (Integer.BYTES + Long.BYTES + Short.BYTES);
  }

  int size() {
    return size;
  }

  int target(int edge) {
    return targets[edge];
  }

  long key(int edge) {
    return keys[edge];
  }

  /** Offset in the page. */
  int site(int edge) {
    return sites[edge];
  }

  /** Takes a better way, or as good a one from an earlier place. */
  void improve(int edge, long key, int site) {
    if (key < keys[edge] || (key == keys[edge] && site < sites[edge])) {
      keys[edge] = key;
      sites[edge] = (short) site;
    }
  }

  /** The edge to a node, -1 if there is none. */
  int to(int target) {
    for (int edge = 0; edge < size; edge++) {
      if (targets[edge] == target) {
        return edge;
      }
    }
    return -1;
  }

  void clear() {
    size = 0;
  }

  /** Gives back what is not used. */
  void trim() {
    targets = Arrays.copyOf(targets, size);
    keys = Arrays.copyOf(keys, size);
    sites = Arrays.copyOf(sites, size);
  }
}
