package io.plumbline.introspection.reach;

import java.util.HashMap;
import java.util.Map;

/** Pieces of data that a fixpoint takes up, each with what led to it, in the order they came. */
final class DataObjects {
  private final LongStack starts = new LongStack();
  private final LongStack ends = new LongStack();
  private final LongStack sites = new LongStack();
  private final LongStack parents = new LongStack();
  private final LongStack depths = new LongStack();
  private final LongSet known = new LongSet();
  private Map<Long, Integer> byStart = Map.of();
  private int taken;

  /**
   * Adds a piece unless one that begins there was added; whether it was.
   *
   * @param site address of the pointer, or of the instruction that holds the address
   * @param parent the function or piece of data that this belongs to
   * @param depth pieces of run-time memory in a row, this one included
   */
  boolean add(long start, long end, long site, long parent, int depth) {
    boolean isNew = known.add(start);
    if (isNew) {
      starts.push(start);
      ends.push(end);
      sites.push(site);
      parents.push(parent);
      depths.push(depth);
    }
    return isNew;
  }

  /** The next that was not taken, -1 if there is none. */
  int take() {
    return taken < starts.size() ? taken++ : -1;
  }

  /** Pieces that were taken. */
  int taken() {
    return taken;
  }

  long start(int index) {
    return starts.get(index);
  }

  long end(int index) {
    return ends.get(index);
  }

  int depth(int index) {
    return (int) depths.get(index);
  }

  /** What led to the piece that begins at {@code start}; null if none does. */
  Traversal.Caller callerOf(long start) {
    if (byStart.size() < starts.size()) {
      Map<Long, Integer> index = new HashMap<>();
      for (int i = 0; i < starts.size(); i++) {
        index.put(starts.get(i), i);
      }
      byStart = index;
    }
    Integer at = byStart.get(start);
    return at == null ? null : new Traversal.Caller(sites.get(at), parents.get(at));
  }
}
