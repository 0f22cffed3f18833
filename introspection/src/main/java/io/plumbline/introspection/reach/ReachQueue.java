package io.plumbline.introspection.reach;

import java.util.Arrays;

/** Nodes that wait, the one with the smallest key first, of those that are alike the first met. */
final class ReachQueue {
  private final ReachNodes nodes;
  private long[] keys = new long[1 << 10];
  private int[] waiting = new int[1 << 10];
  private int size;

  ReachQueue(ReachNodes nodes) {
    this.nodes = nodes;
  }

  boolean isEmpty() {
    return size == 0;
  }

  void push(int node, long key) {
    if (size == keys.length) {
      keys = Arrays.copyOf(keys, 2 * size);
      waiting = Arrays.copyOf(waiting, 2 * size);
    }
    int at = size++;
    while (at > 0) {
      int parent = (at - 1) >>> 1;
      if (!isBefore(key, node, parent)) {
        break;
      }
      keys[at] = keys[parent];
      waiting[at] = waiting[parent];
      at = parent;
    }
    keys[at] = key;
    waiting[at] = node;
  }

  /** The key that the first one was pushed with. */
  long firstKey() {
    return keys[0];
  }

  int pop() {
    final int first = waiting[0];
    size--;
    long key = keys[size];
    int node = waiting[size];
    int at = 0;
    int child = 1;
    while (child < size) {
      if (child + 1 < size && isBefore(keys[child + 1], waiting[child + 1], child)) {
        child++;
      }
      if (!isBefore(keys[child], waiting[child], key, node)) {
        break;
      }
      keys[at] = keys[child];
      waiting[at] = waiting[child];
      at = child;
      child = 2 * at + 1;
    }
    keys[at] = key;
    waiting[at] = node;
    return first;
  }

  void clear() {
    size = 0;
  }

  private boolean isBefore(long key, int node, int other) {
    return isBefore(key, node, keys[other], waiting[other]);
  }

  private boolean isBefore(long key, int node, long otherKey, int other) {
    return key != otherKey ? key < otherKey : nodes.isEarlier(node, other);
  }
}
