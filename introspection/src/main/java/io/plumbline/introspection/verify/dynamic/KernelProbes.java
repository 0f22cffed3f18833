package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.GuestWords;
import io.plumbline.introspection.verify.patch.ProbedText;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;
import java.util.function.Supplier;

/**
 * The guest's kprobes, in the kernel's text and in modules. INT3 is one if the kernel's own table
 * has a probe at that place; a jump is one if it leads to a true detour of such a probe. What a
 * probe calls must be a trusted function all the same: a registered hook is a hook.
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

  private final ProbeTable table;
  private final Supplier<Set<Long>> tracers;
  private final LongFunction<Optional<PageBytes>> pages;
  private final ProbedTexts texts = new ProbedTexts();
  private final ProbeSlots slots;
  private final Rewriting kernel;
  private Optional<List<KernelProbe>> registered = Optional.empty();
  private boolean isWhole;

  /**
   * The table is only read where something asks for a probe.
   *
   * @param kernel whose expected bytes are complete but for probes
   * @param pages the page that begins at a linear address
   * @param isExecutable whether the supervisor may execute a linear address
   * @param tracers what traced functions call, those addresses that serve probes
   */
  public KernelProbes(
      Rewriting kernel,
      GuestWords words,
      LongFunction<Optional<PageBytes>> pages,
      LongPredicate isExecutable,
      Supplier<Set<Long>> tracers) {
    this.kernel = kernel;
    this.table = new ProbeTable(kernel, words, isExecutable);
    this.tracers = tracers;
    this.pages = pages;
    this.slots = new ProbeSlots(kernel, texts, isExecutable);
    texts.add(kernel);
  }

  /**
   * Explains what probes changed in a text and rewrites it accordingly.
   *
   * @param text the kernel's or a module's, whose expected bytes are complete but for probes
   * @return its probes that get control, by place
   */
  public List<Armed> explain(Rewriting text) {
    ProbedText probed = texts.add(text);
    List<Integer> places = probed.candidates(MOST_PLACES);
    Set<Long> serving = tracers.get();
    if (places.isEmpty() && serving.isEmpty()) {
      return List.of();
    }
    List<Armed> armed = accept(probed, places);
    for (KernelProbe probe : registered()) {
      int place = probed.placeOf(probe.place());
      OptionalLong called = place < 0 ? OptionalLong.empty() : probed.call(place);
      if (called.isPresent() && serving.contains(called.getAsLong())) {
        armed.add(armed(probe, Entry.TRACER, text));
      }
    }
    armed.sort(Comparator.comparingLong(Armed::place));
    return armed;
  }

  private List<Armed> accept(ProbedText probed, List<Integer> places) {
    Map<Long, KernelProbe> byPlace = new HashMap<>();
    registered().forEach(probe -> byPlace.put(probe.place(), probe));
    Map<Integer, KernelProbe> breakpoints = new HashMap<>();
    Map<Integer, KernelProbe> jumps = new HashMap<>();
    for (int place : places) {
      KernelProbe probe = byPlace.get(probed.address() + place);
      if (probe != null && probed.isBreakpoint(place)) {
        breakpoints.put(place, probe);
      } else if (probe != null && leadsToDetour(probed.jump(place), probe)) {
        jumps.put(place, probe);
      }
    }
    List<Armed> armed = new ArrayList<>();
    // A detour copies text without probes: all are told before any is accepted.
    breakpoints.forEach(
        (place, probe) -> {
          probed.acceptBreakpoint(place);
          armed.add(armed(probe, Entry.BREAKPOINT, probed.text()));
        });
    jumps.forEach(
        (place, probe) -> {
          probed.acceptJump(place, probed.jump(place).orElseThrow());
          armed.add(armed(probe, Entry.JUMP, probed.text()));
        });
    return armed;
  }

  private List<KernelProbe> registered() {
    if (registered.isEmpty()) {
      int before = kernel.remarks();
      registered = Optional.of(table.read());
      isWhole = kernel.remarks() == before;
    }
    return registered.get();
  }

  /** Whether somebody asked for a probe, and it was not {@linkplain #areNone sure} to be none. */
  public boolean areKnown() {
    return registered.isPresent() && !areNone();
  }

  /**
   * Whether no probe is registered, and the table that says so could be read: then nothing depends
   * on whether somebody asks for one.
   */
  public boolean areNone() {
    return registered().isEmpty() && isWhole;
  }

  /** Forgets the text that begins at a linear address: it is nobody's that is known. */
  public void forget(long address) {
    texts.forget(address);
  }

  private boolean leadsToDetour(OptionalLong target, KernelProbe probe) {
    if (target.isEmpty()) {
      return false;
    }
    int at = (int) target.getAsLong() & PageBytes.SIZE - 1;
    long page = target.getAsLong() - at;
    return pages
        .apply(page)
        .flatMap(bytes -> slots.detourAt(bytes.toByteArray(), at, page))
        .filter(detour -> detour.place() == probe.place() && detour.probe() == probe.address())
        .isPresent();
  }

  private static Armed armed(KernelProbe probe, Entry entry, Rewriting text) {
    List<Long> untrusted =
        probe.handlers().stream().filter(handler -> !text.isTrustedAddress(handler)).toList();
    return new Armed(probe.place(), entry, probe.handlers(), untrusted);
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
    Map<Long, Long> owned = new HashMap<>();
    for (KernelProbe probe : registered.orElse(List.of())) {
      if (texts.at(probe.place()).isPresent()) {
        probe.slots().forEach(slot -> owned.put(slot, probe.place()));
      }
    }
    return slots.areCopies(page.get(), address, owned)
        ? Optional.of("copies of probed instructions")
        : Optional.empty();
  }
}
