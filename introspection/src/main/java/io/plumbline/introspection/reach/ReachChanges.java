package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Tells which pages of a graph have to be looked at again after something changed. */
final class ReachChanges {
  private static final int PAGE = PageBytes.SIZE;

  private final ReachGraph graph;

  ReachChanges(ReachGraph graph) {
    this.graph = graph;
  }

  /** Takes in what pages hold now, and returns those that lead elsewhere, or may. */
  Set<ReachedPage> pages(long[] code, Collection<FrameNumber> frames, PageSource guest) {
    Set<ReachedPage> changed = new LinkedHashSet<>();
    for (long address : code) {
      codeChanged(address, changed);
    }
    for (FrameNumber frame : frames) {
      List<DataMemory.Page> pages = graph.memory().pagesOf(frame.value());
      if (!pages.isEmpty()) {
        Optional<PageBytes> now = guest.read(frame);
        pages.forEach(page -> dataChanged(page, now, changed));
      }
    }
    return changed;
  }

  private void dataChanged(
      DataMemory.Page page, Optional<PageBytes> now, Set<ReachedPage> changed) {
    if (page.reachedAs() >= 0 && graph.memory().leadsElsewhere(page, now)) {
      changed.add(graph.pages.numbered(page.reachedAs()));
    }
    graph.memory().replace(page, now);
  }

  /** Whether it would be something else to follow these frames than to leave it. */
  boolean isConcernedBy(FrameNumber frame, PageSource guest) {
    List<DataMemory.Page> pages = graph.memory().pagesOf(frame.value());
    if (pages.isEmpty()) {
      return false;
    }
    Optional<PageBytes> now = guest.read(frame);
    return pages.stream().anyMatch(page -> graph.memory().leadsElsewhere(page, now));
  }

  /** Adds the pages that depend on one of code, and asks again what points there. */
  void codeChanged(long address, Set<ReachedPage> changed) {
    graph.sweeps.codeChanged(address);
    CodePage page = graph.pages.codeIfMet(address);
    CodePage before = graph.pages.codeIfMet(address - PAGE);
    if (page != null) {
      changed.add(page);
      recheck(page);
    }
    if (before != null) {
      if (before.looksBeyond) {
        changed.add(before);
      }
      recheck(before);
    }
  }

  /** Asks again what the pointers to places on a page lead to. */
  private void recheck(CodePage page) {
    for (int i = 0; i < page.pointed().size(); i++) {
      int node = (int) page.pointed().get(i);
      if (graph.nodes.placed.get(node)) {
        boolean was = graph.functions.get(node);
        graph.check(node);
        int entered = graph.nodes.of(ReachNodes.Kind.CODE, graph.nodes.address(node));
        if (was && !graph.functions.get(node)) {
          graph.ways().loses(entered, ReachKey.called(graph.nodes.key(node)));
        } else if (!was && graph.functions.get(node)) {
          graph.ways().mayGain(entered);
        }
      }
    }
  }
}
