package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageSource;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;

/** Pages, what lies on them, and where it leads, as {@link ShortestWays} finds it. */
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

  /** Pointed places whose page knows them. */
  final BitSet watched = new BitSet();

  private final ShortestWays ways;
  private boolean linked;
  private long changes;
  private boolean tableCut;

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
    this.ways = new ShortestWays(this);
  }

  /** What this came to; nobody changes this any more. */
  ReachSnapshot snapshot() {
    link();
    pages.all().forEach(page -> page.sort(nodes));
    return new ReachSnapshot(
        kernel.mode(),
        memory.words(),
        nodes,
        pages.all().stream().map(ReachedPage::withoutContent).toList(),
        roots,
        functions,
        foreign,
        watched,
        targets.objects(),
        sweeps.instructions(),
        sweeps.bytes(),
        targets.unseen(),
        memory.nothing());
  }

  /**
   * Goes on with what another guest reached, whose nodes these are, as if it were this one's.
   *
   * @return whether every page that was reached is here, and none that was not there
   */
  boolean continueFrom(ReachSnapshot other, LongUnaryOperator move) {
    if (!pages.take(other.shapes(), move) || !memory.hasNothing(other.nothing(), move)) {
      return false;
    }
    linked = true;
    roots.or(other.roots());
    functions.or(other.functions());
    foreign.or(other.foreign());
    watched.or(other.watched());
    targets.continueFrom(other.objects());
    sweeps.continueFrom(other.instructions(), other.bytes());
    return true;
  }

  /** What finds the ways. */
  ShortestWays ways() {
    return ways;
  }

  /** Whether ways are known from their ends. */
  boolean isLinked() {
    return linked;
  }

  /** Whether more is reached, or swept, than may be. */
  boolean isOverBound() {
    return sweeps.isOverBound() || nodes.size() >= budget.blocks();
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
        ways.offer(node, ReachKey.ROOT);
      }
    }
    ways.reach();
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
    if (changed.isEmpty() && ways.areSettled()) {
      return true;
    }
    changes++;
    ways.repair(changed);
    return !isCut();
  }

  /**
   * Takes up what lies outside of what guests of a build have in common.
   *
   * @param code pages that may lead there, which are swept again
   * @param data pages that lead there, with a bit for each word that does; where they lead inside
   *     is known
   * @return false if a bound cut this short
   */
  boolean extend(Collection<? extends ReachedPage> code, Map<DataPage, long[]> data) {
    Set<ReachedPage> changed = new LinkedHashSet<>(code);
    data.forEach(
        (page, words) -> {
          if (dataSweep.leadToCode(page, words)) {
            measureTables(page, changed);
          }
        });
    data.forEach(
        (page, words) -> {
          if (!changed.contains(page)) {
            sweeps.some(page, words, (to, key, site) -> ways.leads(page, to, key, site));
          }
        });
    return repair(changed);
  }

  /**
   * Gives back the bytes of data, and what only makes it faster.
   *
   * @param keeps tells of which frames, by number, the bytes are kept
   */
  void giveBack(LongPredicate keeps) {
    Set<DataMemory.Page> staying = new LinkedHashSet<>();
    pages.giveBack(staying::add);
    memory.giveBack(keeps, staying);
    targets.giveBack();
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

  /** Looks how far the pointers go that code goes through. */
  void measure(int node) {
    nodes.end(node, endOf(node));
    long most = (long) budget.tableEntries() * memory.wordBytes();
    tableCut |=
        nodes.kind(node) == ReachNodes.Kind.TABLE && nodes.end(node) - nodes.address(node) == most;
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
    return ways.codeCut() || dataExhausted();
  }

  /** Whether a bound left out code that direct flow leads to. */
  boolean codeExhausted() {
    return ways.codeCut() || kernel.code().budgetExhausted();
  }

  /** Whether a bound left out data, or what it leads to. */
  boolean dataExhausted() {
    return ways.dataCut() || tableCut || memory.exhausted() || targets.exhausted();
  }
}
