package io.plumbline.introspection.reach;

/**
 * Edges as numbers: runs that another page has in the same order, and between them those that it
 * does not have.
 */
final class EdgePacking {
  private static final int CALLS = 30;
  private static final int REST = 54;

  /** Edges that two pages have in common seldom lie further apart, unless several do. */
  private static final int NEAR = 8;

  private final ReachEdges edges;
  private final ReachEdges known;
  private final boolean plain;

  /**
   * @param known the other page's, each target once
   * @param plain whether only targets count
   */
  EdgePacking(ReachEdges edges, ReachEdges known, boolean plain) {
    this.edges = edges;
    this.known = known;
    this.plain = plain;
  }

  void put(NumberWriter out) {
    EdgeCollector places = EdgeCollector.ofThisThread();
    places.begin();
    for (int edge = 0; edge < known.size(); edge++) {
      places.leads(known.target(edge), 0, 0);
    }
    out.put(edges.size());
    int at = 0;
    int behind = 0;
    while (at < edges.size()) {
      int run = at;
      while (run < edges.size() && !goesOn(run, behind, places)) {
        run++;
      }
      out.put(run - at);
      putOwn(at, run, out);
      at = run;
      if (at < edges.size()) {
        int place = places.placeOf(edges.target(at));
        int length = 1;
        while (at + length < edges.size() && isAt(at + length, place + length)) {
          length++;
        }
        out.put(place - behind);
        out.put(length);
        at += length;
        behind = place + length;
      }
    }
  }

  private boolean goesOn(int edge, int behind, EdgeCollector places) {
    int place = places.placeOf(edges.target(edge));
    return place >= behind
        && isAt(edge, place)
        && (place - behind < NEAR || (edge + 1 < edges.size() && isAt(edge + 1, place + 1)));
  }

  private boolean isAt(int edge, int place) {
    return place < known.size()
        && edges.target(edge) == known.target(place)
        && edges.key(edge) == known.key(place)
        && edges.site(edge) == known.site(place);
  }

  private void putOwn(int from, int to, NumberWriter out) {
    int target = 0;
    int site = 0;
    long key = 0;
    for (int edge = from; edge < to; edge++) {
      out.putSigned(edges.target(edge) - target);
      target = edges.target(edge);
      if (!plain) {
        boolean same = edges.key(edge) == key;
        // Its lowest bit tells whether a key comes behind it.
        out.putSigned(((long) (edges.site(edge) - site) << 1) | (same ? 0 : 1));
        site = edges.site(edge);
        if (!same) {
          key = edges.key(edge);
          out.put(key >>> REST);
          out.put((key >>> CALLS) & ((1L << (REST - CALLS)) - 1));
          out.put(key & ((1L << CALLS) - 1));
        }
      }
    }
  }

  /** Reads what {@link #put} wrote for pages that are known, or of which only targets count. */
  static ReachEdges read(NumberReader in, ReachEdges known, boolean plain) {
    int left = in.nextInt();
    ReachEdges edges = new ReachEdges(left);
    int behind = 0;
    while (left > 0) {
      int own = in.nextInt();
      readOwn(in, edges, own, plain);
      left -= own;
      if (left > 0) {
        behind += in.nextInt();
        int length = in.nextInt();
        edges.addAll(known, behind, length);
        behind += length;
        left -= length;
      }
    }
    return edges;
  }

  private static void readOwn(NumberReader in, ReachEdges edges, int count, boolean plain) {
    int target = 0;
    int site = 0;
    long key = 0;
    for (int i = 0; i < count; i++) {
      target += (int) in.nextSigned();
      if (!plain) {
        long moved = in.nextSigned();
        site += (int) (moved >> 1);
        if ((moved & 1) != 0) {
          long rest = in.next() << REST;
          key = rest | (in.next() << CALLS);
          key |= in.next();
        }
      }
      edges.add(target, key, site);
    }
  }
}
