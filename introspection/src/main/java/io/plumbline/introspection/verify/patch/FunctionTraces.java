package io.plumbline.introspection.verify.patch;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/**
 * Calls to the function tracer at functions' entries: a NOP, or a call into the kernel's own
 * ftrace_caller or a copy of it (kernel {@code kernel/trace/ftrace.c}, {@code
 * arch/x86/kernel/ftrace.c}). Whether a page is such a copy, the caller knows.
 */
public final class FunctionTraces {
  /** What sites at functions' entries are called. */
  public static final String SITE = "function trace";

  /** What the patched calls inside the tracer are called. */
  public static final String INNER_CALL = "tracer's call";

  /** The last one is called directly until 5.16, if nothing but the graph tracer is on. */
  private static final List<String> ENTRIES =
      List.of("ftrace_caller", "ftrace_regs_caller", "ftrace_graph_caller");

  /**
   * Calls inside the tracer that are patched, and where else they may lead than to the variable.
   */
  private static final Map<String, Set<String>> INNER =
      Map.of(
          "ftrace_call", Set.of("ftrace_stub", "arch_ftrace_ops_list_func", "ftrace_ops_list_func"),
          "ftrace_regs_call",
              Set.of("ftrace_stub", "arch_ftrace_ops_list_func", "ftrace_ops_list_func"),
          "ftrace_graph_call", Set.of("ftrace_stub", "ftrace_graph_caller"));

  private final int[] sites;
  private final SiteIndex index;
  private final int[] inner;
  private final SiteIndex innerIndex;
  private final long[] tracers;

  public FunctionTraces(ImageLayout layout) {
    sites = layout.codePlaces(layout.sites().functionTraces());
    index = SiteIndex.ofFixed(SITE, sites, Rewriting.CALL_BYTES);
    ImageNames names = layout.names();
    inner =
        INNER.keySet().stream()
            .map(names::find)
            .flatMapToLong(OptionalLong::stream)
            .filter(layout::holdsText)
            .mapToInt(layout::placeOf)
            .toArray();
    innerIndex = SiteIndex.ofFixed(INNER_CALL, inner, Rewriting.CALL_BYTES);
    tracers = ENTRIES.stream().map(names::find).flatMapToLong(OptionalLong::stream).toArray();
  }

  SiteIndex index() {
    return index;
  }

  SiteIndex innerIndex() {
    return innerIndex;
  }

  /**
   * Rewrites every site.
   *
   * @param isTrampoline whether a checked copy of the tracer begins at an address
   * @return how many functions are traced, by the address that they call
   */
  public Map<Long, Integer> apply(Rewriting text, NopFamily nops, LongPredicate isTrampoline) {
    Map<Long, Integer> traced = new TreeMap<>();
    byte[] expected = text.expected();
    byte[] guest = text.guest();
    for (int site : sites) {
      if (!text.inGuest(site)) {
        continue;
      }
      nops.putFive(expected, site);
      if (guest[site] != Rewriting.CALL) {
        continue;
      }
      long target = text.target(guest, site + 1);
      long address = text.addressOf(target);
      if (traced.containsKey(address) || isTracer(target) || isTrampoline.test(address)) {
        text.putBranch(site, Rewriting.CALL, target);
        traced.merge(address, 1, Integer::sum);
      }
    }
    return traced;
  }

  /** Adds the set of NOPs that one site shows to {@code votes}, {@code times} times. */
  void vote(Rewriting text, int site, BootVotes votes, int times) {
    votes.addNop(text.guest(), sites[site], times);
  }

  /** Place of a site. */
  int placeOf(int site) {
    return sites[site];
  }

  /** The offset that a site of the guest calls; empty if it calls nothing. */
  OptionalLong calledAt(Rewriting text, int site) {
    return text.guest()[sites[site]] == Rewriting.CALL
        ? OptionalLong.of(text.target(text.guest(), sites[site] + 1))
        : OptionalLong.empty();
  }

  /** Adds the sets of NOPs that all sites show to {@code votes}. */
  void vote(Rewriting text, BootVotes votes) {
    for (int site = 0; site < sites.length; site++) {
      if (text.inGuest(sites[site])) {
        vote(text, site, votes, 1);
      }
    }
  }

  /** Whether one of the kernel's own tracers begins at an offset. */
  boolean isTracer(long target) {
    for (long tracer : tracers) {
      if (target == tracer) {
        return true;
      }
    }
    return false;
  }

  /** Rewrites the calls inside the tracer itself. */
  public void applyInner(Rewriting text) {
    ImageNames names = text.layout().names();
    OptionalLong current =
        names.find("ftrace_trace_function").stream()
            .mapToObj(text::word)
            .flatMapToLong(OptionalLong::stream)
            .findFirst();
    for (Map.Entry<String, Set<String>> call : INNER.entrySet()) {
      OptionalLong at = names.find(call.getKey());
      if (at.isEmpty() || !text.layout().holdsText(at.getAsLong())) {
        continue;
      }
      int site = text.layout().placeOf(at.getAsLong());
      byte opcode = text.guest()[site];
      if (opcode != text.expected()[site]) {
        continue;
      }
      long target = text.target(text.guest(), site + 1);
      boolean named = call.getValue().stream().anyMatch(name -> names.isNamed(target, name));
      boolean chosen =
          current.isPresent()
              && text.addressOf(target) == current.getAsLong()
              && text.isTrusted(target);
      if (named || chosen) {
        text.putDistance(site + 1, target);
      }
    }
  }
}
