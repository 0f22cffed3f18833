package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageSource;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;

/**
 * Pages and what they lead to. Built in the order of {@link ReachKey}, as shortest ways are
 * (Dijkstra 1959), and repaired as they are when edges go (Ramalingam and Reps 1996): what lost its
 * way is taken out in the order of its key, unless another way is as good; then everything is
 * reached again that something left over leads to.
 */
final class ReachGraph {
  private final GuestKernel kernel;
  private final PointerRule rule;
  private final ExplorationBudget budget;
  private final DataMemory memory;
  private final ReachTargets targets;
  private final DataSweep dataSweep;

  final ReachNodes nodes;
  final ReachPages pages;
  final PageSweeps sweeps;
  final ReachChanges changesOn = new ReachChanges(this);

  /** Where the hardware enters. */
  final BitSet roots = new BitSet();

  /** Pointed places at which a function begins, and those where no trusted code is. */
  final BitSet functions = new BitSet();

  final BitSet foreign = new BitSet();

  private final BitSet watched = new BitSet();
  private final ReachQueue queue = new ReachQueue();
  private final ReachQueue lost = new ReachQueue();
  private final LongStack pending = new LongStack();

  /** Pages that are to be swept again. */
  private final Set<ReachedPage> touched = new LinkedHashSet<>();

  private boolean linked;
  private boolean reaching;
  private long changes;
  private boolean codeCut;
  private boolean dataCut;

  /** Of a guest of which nothing is reached yet. */
  ReachGraph(
      GuestKernel kernel, GatedExploration.Gate gate, PointerRule rule, ExplorationBudget budget) {
    this(new ReachNodes(), kernel, gate, rule, budget, Optional.empty());
  }

  /**
   * @param only as if there were nothing elsewhere; empty for everywhere
   */
  ReachGraph(
      ReachNodes nodes,
      GuestKernel kernel,
      GatedExploration.Gate gate,
      PointerRule rule,
      ExplorationBudget budget,
      Optional<CommonAddresses> only) {
    this.nodes = nodes;
    this.kernel = kernel;
    this.rule = rule;
    this.budget = budget;
    this.memory = new DataMemory(kernel, budget.data().pages(), only);
    this.targets = new ReachTargets(nodes, memory, kernel.code(), rule, budget.data());
    this.dataSweep = new DataSweep(nodes, memory, kernel.code(), targets);
    this.pages = new ReachPages(nodes, kernel.code(), memory);
    this.sweeps =
        new PageSweeps(
            nodes, pages, new CodeSweep(kernel, gate, targets), dataSweep, budget.instructions());
  }

  /** What this came to; nobody changes this any more. */
  ReachSnapshot snapshot() {
    link();
    return new ReachSnapshot(
        kernel.mode(),
        nodes,
        pages.all(),
        roots,
        functions,
        foreign,
        watched,
        targets.objects(),
        sweeps.instructions(),
        targets.unseen(),
        memory.nothing());
  }

  /**
   * Goes on with what another guest reached, whose nodes these are, as if it were this one's.
   *
   * @return whether every page that was reached is here, and none that was not there
   */
  boolean continueFrom(ReachSnapshot other, LongUnaryOperator move) {
    if (!pages.take(other.pages(), move) || !memory.hasNothing(other.nothing(), move)) {
      return false;
    }
    linked = true;
    roots.or(other.roots());
    functions.or(other.functions());
    foreign.or(other.foreign());
    watched.or(other.watched());
    targets.continueFrom(other.objects());
    sweeps.continueFrom(other.instructions());
    return true;
  }

  GuestKernel kernel() {
    return kernel;
  }

  ReachTargets targets() {
    return targets;
  }

  DataMemory memory() {
    return memory;
  }

  DataSweep dataSweep() {
    return dataSweep;
  }

  /** Reaches everything that these entries lead to. */
  void build(long... entries) {
    for (long entry : entries) {
      int node = targets.entered(entry);
      if (node >= 0) {
        roots.set(node);
        offer(node, ReachKey.ROOT);
      }
    }
    reach();
  }

  /**
   * Takes in what changed on pages.
   *
   * @return false if a bound cut this short
   */
  boolean follow(long[] code, Collection<FrameNumber> frames, PageSource guest) {
    if (isCut()) {
      return false;
    }
    link();
    return repair(changesOn.pages(code, frames, guest));
  }

  /**
   * Looks again at pages.
   *
   * @return false if a bound cut this short
   */
  boolean repair(Set<ReachedPage> changed) {
    List<DataPage> data =
        changed.stream().filter(DataPage.class::isInstance).map(DataPage.class::cast).toList();
    data.forEach(page -> measureTables(page, changed));
    if (changed.isEmpty() && pending.isEmpty() && lost.isEmpty() && queue.isEmpty()) {
      return true;
    }
    changes++;
    changed.forEach(this::resweep);
    takeOut();
    reachAgain();
    return !isCut();
  }

  /**
   * Takes up what lies outside of what guests of a build have in common.
   *
   * @param leadOut pages that may lead there; where they lead inside is known
   * @return false if a bound cut this short
   */
  boolean extend(Set<ReachedPage> leadOut, CommonAddresses common) {
    Set<ReachedPage> changed = new LinkedHashSet<>();
    for (ReachedPage page : leadOut) {
      if (page instanceof DataPage data) {
        measureTables(data, changed);
      } else {
        changed.add(page);
      }
    }
    for (ReachedPage page : leadOut) {
      if (page instanceof DataPage data && !changed.contains(page)) {
        sweeps.outOf(data, common, (target, key, site) -> leads(page, target, key, site));
      }
    }
    return repair(changed);
  }

  /**
   * Gives back the bytes of data, and what only makes it faster.
   *
   * @param keeps tells of which frames, by number, the bytes are kept
   */
  void giveBack(LongPredicate keeps) {
    memory.giveBack(keeps);
    targets.giveBack();
  }

  /** Looks everywhere from now on, and not only where guests of a build have things in common. */
  void seeAll() {
    memory.seeAll();
    targets.seeAll();
  }

  /** Asks what a pointer to a place of code leads to. */
  void check(int pointed) {
    PointerRule.Target leads = rule.check(nodes.address(pointed));
    functions.set(pointed, leads == PointerRule.Target.FUNCTION);
    foreign.set(pointed, leads == PointerRule.Target.FOREIGN);
  }

  /** Looks again how far the pointers go that code goes through and that lie on a page. */
  private void measureTables(DataPage page, Set<ReachedPage> changed) {
    for (int i = 0; i < page.entryCount(); i++) {
      int node = page.entry(i);
      if (dataSweep.isPointerOfCode(node) && endOf(node) != nodes.end(node)) {
        pages.forEachOf(node, each -> each.leave(node));
        pages.forEachOf(node, changed::add);
        measure(node);
        pages.forEachOf(node, each -> each.enter(node));
        pages.forEachOf(node, changed::add);
        // It may come at another place among the entries.
        i = -1;
      }
    }
  }

  private long endOf(int node) {
    boolean table = nodes.kind(node) == ReachNodes.Kind.TABLE;
    return dataSweep.endOfTable(nodes.address(node), table ? budget.tableEntries() : 1);
  }

  private void measure(int node) {
    nodes.end(node, endOf(node));
    long most = (long) budget.tableEntries() * memory.wordBytes();
    dataCut |=
        nodes.kind(node) == ReachNodes.Kind.TABLE && nodes.end(node) - nodes.address(node) == most;
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

  /** Takes note that a way to a node, with that key, is gone. */
  void loses(int target, long key) {
    if (nodes.key(target) == key) {
      lost.push(target, key);
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
      if (functions.get(node)) {
        loses(nodes.of(ReachNodes.Kind.CODE, nodes.address(node)), ReachKey.called(key));
      }
      functions.clear(node);
      foreign.clear(node);
    } else {
      pages.forEachOf(
          node,
          page -> {
            page.leave(node);
            touched.add(page);
          });
    }
  }

  private void reachAgain() {
    offerPending();
    reach();
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
    if (roots.get(node)) {
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
  long keyByPointer(int node) {
    if (nodes.kind(node) != ReachNodes.Kind.CODE) {
      return ReachKey.UNREACHED;
    }
    int pointed = nodes.find(ReachNodes.Kind.POINTED, nodes.address(node));
    return pointed >= 0 && nodes.placed.get(pointed) && functions.get(pointed)
        ? ReachKey.called(nodes.key(pointed))
        : ReachKey.UNREACHED;
  }

  private void offer(int node, long key) {
    if (key < nodes.key(node)) {
      nodes.key(node, key);
      queue.push(node, key);
    }
  }

  private void reach() {
    reaching = true;
    while (!queue.isEmpty()) {
      long key = queue.firstKey();
      if (isOverBound()) {
        codeCut |= ReachKey.stepOf(key) == 0;
        dataCut |= ReachKey.stepOf(key) > 0;
        queue.clear();
        break;
      }
      while (!queue.isEmpty() && queue.firstKey() == key && !isOverBound()) {
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
    dataCut |= !codeCut && isOverBound();
  }

  private boolean isOverBound() {
    return sweeps.isOverBound() || nodes.size() >= budget.blocks();
  }

  private void place(int node) {
    boolean isNew = !nodes.placed.get(node);
    nodes.placed.set(node);
    if (nodes.kind(node) == ReachNodes.Kind.POINTED) {
      placePointed(node);
      return;
    }
    if (isNew && dataSweep.isPointerOfCode(node)) {
      measure(node);
    }
    pages.forEachOf(
        node,
        page -> {
          if (isNew) {
            page.enter(node);
          }
          if (!linked) {
            sweepFirst(page, node);
          } else if (!(isNew && sweepLast(page, node))) {
            touched.add(page);
          }
        });
  }

  private void placePointed(int node) {
    if (!watched.get(node)) {
      watched.set(node);
      pages.code(nodes.address(node)).pointed().push(node);
    }
    check(node);
    if (functions.get(node)) {
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

  private void leads(ReachedPage page, int target, long key, int site) {
    int edge = page.edges().to(target);
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

  /** Makes ways known from their ends, too; only who asks for ways or follows changes needs it. */
  void link() {
    if (!linked) {
      linked = true;
      sweeps.keepBytes();
      EdgeCollector collector = EdgeCollector.ofThisThread();
      for (ReachedPage page : pages.all()) {
        collector.begin();
        for (int edge = 0; edge < page.edges().size(); edge++) {
          collector.leads(
              page.edges().target(edge), page.edges().key(edge), page.edges().site(edge));
        }
        page.leadsTo(collector.gathered());
        for (int edge = 0; edge < page.edges().size(); edge++) {
          nodes.link(page.edges().target(edge), page.number);
        }
      }
    }
  }

  /** How often something was taken in. */
  long changes() {
    return changes;
  }

  boolean isCut() {
    return codeCut || dataCut || memory.exhausted() || targets.exhausted();
  }

  /** Whether a bound left out code that direct flow leads to. */
  boolean codeExhausted() {
    return codeCut || kernel.code().budgetExhausted();
  }

  /** Whether a bound left out data, or what it leads to. */
  boolean dataExhausted() {
    return dataCut || memory.exhausted() || targets.exhausted();
  }
}
