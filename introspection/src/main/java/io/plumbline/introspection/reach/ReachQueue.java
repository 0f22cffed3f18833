package io.plumbline.introspection.reach;

import java.util.Map;
import java.util.TreeMap;

/**
 * Nodes that wait, those with the smallest key first. There are some hundred thousand nodes and
 * some thousand keys, and what is pushed next to one another mostly has the same.
 */
final class ReachQueue {
  private static final int REMEMBERED = 1 << 6;

  private final TreeMap<Long, LongStack> waiting = new TreeMap<>();
  private final long[] lately = new long[REMEMBERED];
  private final LongStack[] stackOfLately = new LongStack[REMEMBERED];

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  void push(int node, long key) {
    int slot = Spread.slot(key, REMEMBERED);
    if (stackOfLately[slot] == null || lately[slot] != key) {
      lately[slot] = key;
      stackOfLately[slot] = waiting.computeIfAbsent(key, fresh -> new LongStack());
    }
    stackOfLately[slot].push(node);
  }

  /** The key that the next one was pushed with. */
  long firstKey() {
    return waiting.firstKey();
  }

  /** Any of those with the smallest key. */
  int pop() {
    Map.Entry<Long, LongStack> first = waiting.firstEntry();
    int node = (int) first.getValue().pop();
    if (first.getValue().isEmpty()) {
      forget(first.getKey());
    }
    return node;
  }

  private void forget(long key) {
    waiting.remove(key);
    int slot = Spread.slot(key, REMEMBERED);
    if (lately[slot] == key) {
      stackOfLately[slot] = null;
    }
  }

  void clear() {
    waiting.clear();
    java.util.Arrays.fill(stackOfLately, null);
  }
}
