package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.GuestWords;
import io.plumbline.introspection.verify.patch.ProbedText;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;

/**
 * The guest's kprobes. INT3 in the text is one if the kernel's own table has a probe at that place;
 * a jump is one if it leads to a true detour of such a probe. What a probe calls must be a trusted
 * function all the same: a registered hook is a hook.
 */
public final class KernelProbes {
  /** Differing places of the text that are asked for an owner. */
  private static final int MOST_PLACES = 1 << 16;

  /** How a probe gets control. */
  public enum Entry {
    /** INT3 at the place. */
    BREAKPOINT,
    /** A jump at the place, to a detour. */
    JUMP,
    /** The function tracer calls it. */
    TRACER
  }

  /**
   * A probe that is armed.
   *
   * @param place linear address of the probed instruction
   * @param entry how it gets control
   * @param handlers what it calls
   * @param untrusted those handlers that are no trusted function's beginning
   */
  public record Armed(long place, Entry entry, List<Long> handlers, List<Long> untrusted) {
    public Armed {
      handlers = List.copyOf(handlers);
      untrusted = List.copyOf(untrusted);
    }
  }

  private final Rewriting text;
  private final ProbedText probed;
  private final ProbeSlots slots;
  private final LongFunction<Optional<PageBytes>> pages;
  private final List<KernelProbe> table;
  private final List<Armed> armed = new ArrayList<>();

  private KernelProbes(
      Rewriting text, LongFunction<Optional<PageBytes>> pages, List<KernelProbe> table) {
    this.text = text;
    this.probed = new ProbedText(text);
    this.slots = new ProbeSlots(text, probed);
    this.pages = pages;
    this.table = table;
  }

  /**
   * Explains what probes changed in the text and rewrites it accordingly. The table is only read
   * where something asks for a probe.
   *
   * @param text whose expected bytes are complete but for probes
   * @param pages the page that begins at a linear address
   * @param isExecutable whether the supervisor may execute a linear address
   * @param tracers what traced functions call, those addresses that serve probes
   */
  public static KernelProbes of(
      Rewriting text,
      GuestWords words,
      LongFunction<Optional<PageBytes>> pages,
      LongPredicate isExecutable,
      Set<Long> tracers) {
    List<Integer> places = new ProbedText(text).candidates(MOST_PLACES);
    List<KernelProbe> table =
        places.isEmpty() && tracers.isEmpty()
            ? List.of()
            : new ProbeTable(text, words, isExecutable).read();
    KernelProbes probes = new KernelProbes(text, pages, table);
    probes.explain(places, tracers);
    return probes;
  }

  private void explain(Collection<Integer> places, Set<Long> tracers) {
    Map<Long, KernelProbe> byPlace = new HashMap<>();
    table.forEach(probe -> byPlace.put(probe.place(), probe));
    Map<Integer, KernelProbe> breakpoints = new HashMap<>();
    Map<Integer, KernelProbe> jumps = new HashMap<>();
    for (int place : places) {
      KernelProbe probe = byPlace.get(text.addressOf(text.layout().offsetOf(place)));
      if (probe != null && probed.isBreakpoint(place)) {
        breakpoints.put(place, probe);
      } else if (probe != null && leadsToDetour(place, probe)) {
        jumps.put(place, probe);
      }
    }
    // A detour copies text without probes: all are told before any is accepted.
    breakpoints.forEach(
        (place, probe) -> {
          probed.acceptBreakpoint(place);
          arm(probe, Entry.BREAKPOINT);
        });
    jumps.forEach(
        (place, probe) -> {
          probed.acceptJump(place, probed.jump(place).orElseThrow());
          arm(probe, Entry.JUMP);
        });
    for (KernelProbe probe : table) {
      int place = probed.placeOf(probe.place());
      OptionalLong called = place < 0 ? OptionalLong.empty() : probed.call(place);
      if (called.isPresent() && tracers.contains(called.getAsLong())) {
        arm(probe, Entry.TRACER);
      }
    }
  }

  private boolean leadsToDetour(int place, KernelProbe probe) {
    OptionalLong target = probed.jump(place);
    if (target.isEmpty()) {
      return false;
    }
    int at = (int) target.getAsLong() & PageBytes.SIZE - 1;
    long page = target.getAsLong() - at;
    return pages
        .apply(page)
        .flatMap(bytes -> slots.detourAt(bytes.toByteArray(), at, page))
        .filter(detour -> detour.place() == place && detour.probe() == probe.address())
        .isPresent();
  }

  private void arm(KernelProbe probe, Entry entry) {
    List<Long> untrusted =
        probe.handlers().stream().filter(handler -> !text.isTrustedAddress(handler)).toList();
    armed.add(new Armed(probe.place(), entry, probe.handlers(), untrusted));
  }

  /** Probes that get control, by place. */
  public List<Armed> armed() {
    return armed.stream().sorted(Comparator.comparingLong(Armed::place)).toList();
  }

  /** What the page at a linear address holds for probes, every byte of it; empty if it does not. */
  public Optional<String> pageAt(long address) {
    Optional<byte[]> page = pages.apply(address).map(PageBytes::toByteArray);
    if (page.isEmpty()) {
      return Optional.empty();
    }
    if (slots.areDetours(page.get(), address)) {
      return Optional.of("detours of kprobes");
    }
    Map<Long, Integer> owned = new HashMap<>();
    for (KernelProbe probe : table) {
      int place = probed.placeOf(probe.place());
      if (place >= 0) {
        probe.slots().forEach(slot -> owned.put(slot, place));
      }
    }
    return slots.areCopies(page.get(), address, owned)
        ? Optional.of("copies of probed instructions")
        : Optional.empty();
  }
}
