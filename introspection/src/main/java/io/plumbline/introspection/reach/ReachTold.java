package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a graph of everything that was reached tells: how much, how, and what is wrong with it. */
final class ReachTold {
  private static final int NONE = -1;

  /** Pointers to foreign code that are told; a guest that has more is not better described. */
  private static final int MOST_STRAYS = 1024;

  /** Where the way to a node comes from: a page, and the place on it. */
  private record Origin(ReachedPage page, int site) {
    long address() {
      return page.address + site;
    }
  }

  private final ReachGraph graph;
  private final ReachNodes nodes;

  /** Who tells of a place asks for the way there several times. */
  private final Map<Long, List<GuestVirtualAddress>> paths = new HashMap<>();

  private long toldAt;

  ReachTold(ReachGraph graph) {
    this.graph = graph;
    this.nodes = graph.nodes;
  }

  /** Bytes of followed instructions by the step, by ordinal, that is needed for them. */
  long[] bytes() {
    return graph.sweeps.bytes();
  }

  Map<ReachStep, Fixpoint.Reached> reached() {
    long[] bytes = bytes();
    Map<ReachStep, Fixpoint.Reached> reached = new EnumMap<>(ReachStep.class);
    long sum = 0;
    for (ReachStep step : ReachStep.values()) {
      sum += bytes[step.place()];
      reached.put(
          step,
          new Fixpoint.Reached(sum, instructions(step), count(step, true), count(step, false)));
    }
    return reached;
  }

  private long instructions(ReachStep last) {
    long sum = 0;
    for (ReachedPage page : graph.pages.all()) {
      if (page instanceof CodePage code) {
        for (int step = 0; step <= last.place(); step++) {
          sum += code.instructions(step);
        }
      }
    }
    return sum;
  }

  private int count(ReachStep last, boolean functions) {
    return (int)
        nodes.placed.stream()
            .filter(node -> ReachKey.stepOf(nodes.key(node)) <= last.place())
            .filter(
                node ->
                    switch (nodes.kind(node)) {
                      case CODE -> functions && ReachKey.isCalled(nodes.key(node));
                      case POINTED, SLOT, TABLE -> false;
                      default -> !functions;
                    })
            .count();
  }

  List<GatedExploration.Refusal> refusals() {
    List<GatedExploration.Refusal> refusals = new ArrayList<>();
    if (graph.sweeps.refusing().isEmpty()) {
      return refusals;
    }
    graph.link();
    graph.sweeps.refusing().stream()
        .mapToObj(graph.pages::numbered)
        .forEach(page -> addRefusals((CodePage) page, refusals));
    refusals.sort(Comparator.comparingLong(GatedExploration.Refusal::address));
    return refusals;
  }

  private void addRefusals(CodePage page, List<GatedExploration.Refusal> refusals) {
    for (int i = 0; i < page.refusals() && refusals.size() < PageSweeps.MOST_REFUSALS; i++) {
      int offset = page.refusedOffset(i);
      refusals.add(
          new GatedExploration.Refusal(
              page.region,
              page.base + offset,
              page.refusedLength(i),
              nodes.address(functionOf(ownerOf(page, offset)))));
    }
  }

  List<Fixpoint.Stray> strays() {
    List<Fixpoint.Stray> strays = new ArrayList<>();
    if (!graph.foreign.isEmpty()) {
      graph.link();
      graph.foreign.stream().forEach(node -> addStrays(node, strays));
      strays.sort(
          Comparator.comparingLong(Fixpoint.Stray::slot).thenComparingLong(Fixpoint.Stray::target));
    }
    return strays;
  }

  private void addStrays(int foreign, List<Fixpoint.Stray> strays) {
    for (int link = nodes.firstLink(foreign); link >= 0; link = nodes.nextLink(link)) {
      if (graph.pages.numbered(nodes.pageOf(link)) instanceof DataPage page) {
        // Of two pieces that have the same word the first is told, however the guest was explored.
        page.sort(nodes);
        DataPage again = new DataPage(page.memory, graph.memory().wordBytes(), page.address, NONE);
        for (int i = 0; i < page.entryCount(); i++) {
          int owner = page.entry(i);
          graph
              .dataSweep()
              .sweep(
                  again,
                  owner,
                  (node, key, site) -> {
                    if (node == foreign && strays.size() < MOST_STRAYS) {
                      long slot = page.address + site;
                      strays.add(new Fixpoint.Stray(slot, nodes.address(foreign), objectOf(owner)));
                    }
                  });
        }
      }
    }
  }

  /** The piece of data, or the function if it is a pointer of its own. */
  private long objectOf(int owner) {
    if (!graph.dataSweep().isPointerOfCode(owner)) {
      return nodes.address(owner);
    }
    Origin origin = originOf(owner);
    return origin == null
        ? nodes.address(owner)
        : nodes.address(functionOf(ownerOf(origin.page, origin.site)));
  }

  List<GuestVirtualAddress> pathToTable(long table) {
    int node = nodes.find(ReachNodes.Kind.TABLE, table);
    if (node < 0 || !nodes.placed.get(node)) {
      return List.of();
    }
    graph.link();
    Origin origin = originOf(node);
    return pathTo(nodes.address(functionOf(ownerOf(origin.page, origin.site))));
  }

  List<GuestVirtualAddress> pathTo(long place) {
    if (toldAt != graph.changes()) {
      toldAt = graph.changes();
      paths.clear();
    }
    return paths.computeIfAbsent(place, this::findPathTo);
  }

  private List<GuestVirtualAddress> findPathTo(long place) {
    graph.link();
    List<GuestVirtualAddress> path = new ArrayList<>();
    boolean isCode = graph.kernel().code().indexOf(place) >= 0;
    if (isCode) {
      path.add(new GuestVirtualAddress(place));
    }
    int node = isCode ? nodes.find(ReachNodes.Kind.CODE, place) : objectAt(place);
    while (node >= 0 && nodes.placed.get(node) && path.size() < Provenance.LONGEST) {
      Origin origin = originOf(node);
      if (origin == null) {
        break;
      }
      if (origin.page instanceof DataPage) {
        path.add(new GuestVirtualAddress(origin.address()));
      }
      node = ownerOf(origin.page, origin.site);
      if (nodes.kind(node) == ReachNodes.Kind.CODE && ReachKey.isCalled(nodes.key(node))) {
        path.add(new GuestVirtualAddress(nodes.address(node)));
      }
    }
    Collections.reverse(path);
    return path;
  }

  private int objectAt(long start) {
    int best = NONE;
    for (ReachNodes.Kind kind :
        List.of(ReachNodes.Kind.READ_ONLY, ReachNodes.Kind.WRITABLE, ReachNodes.Kind.HEAP)) {
      int node = nodes.find(kind, start);
      if (node >= 0 && nodes.placed.get(node) && (best < 0 || nodes.isBefore(node, best))) {
        best = node;
      }
    }
    return best;
  }

  /** The entry of the function that code belongs to: nothing jumps there from another. */
  private int functionOf(int code) {
    int node = code;
    while (!ReachKey.isCalled(nodes.key(node))) {
      Origin origin = originOf(node);
      node = ownerOf(origin.page, origin.site);
    }
    return node;
  }

  /** The lowest place of those that lead to a node as well as any; null for a root. */
  private Origin originOf(int node) {
    if (graph.roots.get(node)) {
      return null;
    }
    Origin best = null;
    for (int link = nodes.firstLink(node); link >= 0; link = nodes.nextLink(link)) {
      ReachedPage page = graph.pages.numbered(nodes.pageOf(link));
      int edge = page.edges().to(node);
      boolean counts = page.edges().key(edge) == nodes.key(node);
      if (counts && (best == null || page.address + page.edges().site(edge) < best.address())) {
        best = new Origin(page, page.edges().site(edge));
      }
    }
    return best == null && nodes.kind(node) == ReachNodes.Kind.CODE
        ? originOf(nodes.find(ReachNodes.Kind.POINTED, nodes.address(node)))
        : best;
  }

  /** The entry, or the piece of data, that a place on a page belongs to. */
  private int ownerOf(ReachedPage page, int site) {
    page.sort(nodes);
    if (page instanceof CodePage code) {
      return ownerOf(code, site);
    }
    for (int i = 0; i < page.entryCount(); i++) {
      int node = page.entry(i);
      long at = page.address + site;
      long start = nodes.address(node);
      long aligned = graph.dataSweep().isPointerOfCode(node) ? start : start & -Integer.BYTES;
      if (at - aligned >= 0 && at - nodes.end(node) < 0) {
        return node;
      }
    }
    throw new IllegalStateException("nothing reached has " + page.address + "+" + site);
  }

  private int ownerOf(CodePage page, int offset) {
    page.sort(nodes);
    CodePage again = new CodePage(page.region, page.address, NONE);
    for (int i = 0; i < page.entryCount(); i++) {
      int node = page.entry(i);
      graph.sweeps.again(again, node);
      if (again.startsAt(offset) || again.isRefused(offset)) {
        return node;
      }
    }
    throw new IllegalStateException("no entry leads to " + page.address + "+" + offset);
  }
}
