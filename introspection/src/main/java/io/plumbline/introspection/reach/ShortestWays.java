package io.plumbline.introspection.reach;

import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Finds by which way each node of a graph is reached. Built in the order of {@link ReachKey}, as
 * shortest ways are (Dijkstra 1959), and repaired as they are when edges go (Ramalingam and Reps
 * 1996): what lost its way is taken out in the order of its key, unless another way is as good;
 * then everything is reached again that something left over leads to.
 */
final class ShortestWays {
  private final ReachGraph graph;
  private final ReachNodes nodes;
  private final ReachPages pages;
  private final PageSweeps sweeps;
  private final ReachQueue queue = new ReachQueue();
  private final ReachQueue lost = new ReachQueue();
  private final LongStack pending = new LongStack();

  /** Pages that are to be swept again. */
  private final Set<ReachedPage> touched = new LinkedHashSet<>();

  /** Nodes that lie in their pages as reached by another step than by now. */
  private final BitSet stepped = new BitSet();

  private boolean reaching;
  private boolean codeCut;
  private boolean dataCut;

  /** Those of a graph, whose parts are there. */
  ShortestWays(ReachGraph graph) {
    this.graph = graph;
    this.nodes = graph.nodes;
    this.pages = graph.pages;
    this.sweeps = graph.sweeps;
  }

  /** Whether nothing is left to do. */
  boolean areSettled() {
    return pending.isEmpty() && lost.isEmpty() && queue.isEmpty();
  }

  /** Looks again at pages, and reaches what they lead to now and nothing that they did. */
  void repair(Set<ReachedPage> changed) {
    changed.forEach(this::resweep);
    takeOut();
    offerPending();
    reach();
  }

  private void resweep(ReachedPage page) {
    ReachEdges before = page.edges();
    EdgeCollector collector = EdgeCollector.ofThisThread();
    page.leadsTo(sweeps.all(page, collector));
    compare(page, before, collector);
  }

  private void compare(ReachedPage page, ReachEdges before, EdgeCollector collector) {
    ReachEdges now = page.edges();
    BitSet known = new BitSet(now.size());
    for (int edge = 0; edge < before.size(); edge++) {
      int target = before.target(edge);
      int place = collector.placeOf(target);
      if (place < 0) {
        nodes.unlink(target, page.number);
        loses(target, before.key(edge));
      } else {
        known.set(place);
        if (now.key(place) > before.key(edge)) {
          loses(target, before.key(edge));
        } else if (now.key(place) < before.key(edge)) {
          gains(target, now.key(place));
        }
      }
    }
    for (int edge = known.nextClearBit(0); edge < now.size(); edge = known.nextClearBit(edge + 1)) {
      nodes.link(now.target(edge), page.number);
      gains(now.target(edge), now.key(edge));
    }
  }

  /**
   * Takes note that a way to a node, with that key, is gone. It may have been a better one than the
   * node has by now: one that was found and lost before anybody went it, in whose place there was
   * the one that the node has.
   */
  void loses(int target, long key) {
    long has = nodes.key(target);
    if (key <= has && has != ReachKey.UNREACHED) {
      lost.push(target, has);
    }
  }

  /** Takes note that there may be a better way to a node. */
  void mayGain(int target) {
    pending.push(target);
  }

  private void gains(int target, long key) {
    if (reaching) {
      offer(target, key);
    } else {
      pending.push(target);
    }
  }

  /** None of those with the same key is reached from another, so that they go together. */
  private void takeOut() {
    while (!lost.isEmpty()) {
      long key = lost.firstKey();
      while (!lost.isEmpty() && lost.firstKey() == key) {
        takeOutIfLost(lost.pop(), key);
      }
      touched.forEach(this::resweep);
      touched.clear();
    }
  }

  private void takeOutIfLost(int node, long key) {
    if (nodes.key(node) == key) {
      pending.push(node);
      if (bestKey(node) > key) {
        nodes.key(node, ReachKey.UNREACHED);
        if (nodes.placed.get(node)) {
          nodes.placed.clear(node);
          takeOut(node, key);
        }
      }
    }
  }

  private void takeOut(int node, long key) {
    if (nodes.kind(node) == ReachNodes.Kind.POINTED) {
      if (graph.functions.get(node)) {
        loses(nodes.of(ReachNodes.Kind.CODE, nodes.address(node)), ReachKey.called(key));
      }
      graph.functions.clear(node);
      graph.foreign.clear(node);
    } else {
      pages.forEachOf(
          node,
          page -> {
            page.leave(node);
            touched.add(page);
          });
    }
  }

  private void offerPending() {
    for (int i = 0; i < pending.size(); i++) {
      int node = (int) pending.get(i);
      offer(node, bestKey(node));
    }
    pending.clear();
  }

  /** The best of all ways to a node. */
  private long bestKey(int node) {
    if (graph.roots.get(node)) {
      return ReachKey.ROOT;
    }
    long best = keyByPointer(node);
    for (int link = nodes.firstLink(node); link >= 0; link = nodes.nextLink(link)) {
      ReachEdges edges = pages.numbered(nodes.pageOf(link)).edges();
      best = Math.min(best, edges.key(edges.to(node)));
    }
    return best;
  }

  /** The key of code by the pointers to it. */
  private long keyByPointer(int node) {
    if (nodes.kind(node) != ReachNodes.Kind.CODE) {
      return ReachKey.UNREACHED;
    }
    int pointed = nodes.find(ReachNodes.Kind.POINTED, nodes.address(node));
    return pointed >= 0 && nodes.placed.get(pointed) && graph.functions.get(pointed)
        ? ReachKey.called(nodes.key(pointed))
        : ReachKey.UNREACHED;
  }

  /** Takes note of a way to a node. */
  void offer(int node, long key) {
    long has = nodes.key(node);
    if (key < has) {
      if (nodes.placed.get(node) && ReachKey.stepOf(has) != ReachKey.stepOf(key)) {
        stepped.set(node);
      }
      nodes.key(node, key);
      queue.push(node, key);
    }
  }

  /** Reaches everything that has a way by now. */
  void reach() {
    reaching = true;
    while (!queue.isEmpty()) {
      long key = queue.firstKey();
      if (graph.isOverBound()) {
        codeCut |= ReachKey.stepOf(key) == 0;
        dataCut |= ReachKey.stepOf(key) > 0;
        queue.clear();
        break;
      }
      while (!queue.isEmpty() && queue.firstKey() == key && !graph.isOverBound()) {
        int node = queue.pop();
        if (nodes.key(node) == key) {
          place(node);
        }
      }
      touched.forEach(this::resweep);
      touched.clear();
      if (!lost.isEmpty()) {
        // A better way may need a smaller step and more calls: what hung on the old way moves.
        reaching = false;
        takeOut();
        offerPending();
        reaching = true;
      }
    }
    reaching = false;
    dataCut |= !codeCut && graph.isOverBound();
  }

  private void place(int node) {
    boolean isNew = !nodes.placed.get(node);
    boolean mayBeTakenIn = isNew || !stepped.get(node);
    stepped.clear(node);
    nodes.placed.set(node);
    if (nodes.kind(node) == ReachNodes.Kind.POINTED) {
      placePointed(node);
      return;
    }
    if (isNew && graph.dataSweep().isPointerOfCode(node)) {
      graph.measure(node);
    }
    pages.forEachOf(
        node,
        page -> {
          if (isNew) {
            page.enter(node);
          }
          if (!graph.isLinked()) {
            sweepFirst(page, node);
          } else if (!(isNew && sweepLast(page, node)) && !(mayBeTakenIn && takeIn(page, node))) {
            touched.add(page);
          }
        });
  }

  private void placePointed(int node) {
    if (!graph.watched.get(node)) {
      graph.watched.set(node);
      pages.code(nodes.address(node)).pointedBy(node);
    }
    graph.check(node);
    if (graph.functions.get(node)) {
      int entered = nodes.of(ReachNodes.Kind.CODE, nodes.address(node));
      offer(entered, ReachKey.called(nodes.key(node)));
    }
  }

  /** Whether no other entry of its page comes after a new one, so that they keep what they have. */
  private boolean sweepLast(ReachedPage page, int node) {
    if (!page.endsWith(node, nodes)) {
      return false;
    }
    sweeps.one(page, node, (target, key, site) -> leads(page, target, key, site));
    return true;
  }

  private boolean takeIn(ReachedPage page, int node) {
    return sweeps.takeIn(page, node, (target, key, site) -> leads(page, target, key, site));
  }

  /** Takes note that a page leads to a node. */
  void leads(ReachedPage page, int target, long key, int site) {
    // To what nobody leads no edge need be looked for.
    int edge = nodes.firstLink(target) < 0 ? -1 : page.edges().to(target);
    if (edge < 0) {
      page.ownEdges().add(target, key, site);
      nodes.link(target, page.number);
    } else {
      page.ownEdges().improve(edge, key, site);
    }
    offer(target, key);
  }

  /** While everything is reached for the first time, entries come in the order that counts. */
  private void sweepFirst(ReachedPage page, int node) {
    sweeps.one(
        page,
        node,
        (target, key, site) -> {
          page.ownEdges().add(target, key, site);
          offer(target, key);
        });
  }

  /** Whether a bound left out code that direct flow leads to. */
  boolean codeCut() {
    return codeCut;
  }

  /** Whether a bound left out something else. */
  boolean dataCut() {
    return dataCut;
  }
}
