package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.TableMove;
import io.plumbline.introspection.memory.WatchedPages;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What is made of a guest beside its image's bytes and what they reach, each to stand on its own.
 */
final class StandingParts {
  private final Consumer<WatchedPages.Reading> watch;
  private final Standing<List<PointerFindings.OddPointer>> variables;
  private final Standing<Observations> monitors;
  private WatchedPages.Reading rest = new WatchedPages.Reading();

  /**
   * Nothing is made yet.
   *
   * @param watch is told to what the guest's pages that are read belong from now on
   */
  StandingParts(Consumer<WatchedPages.Reading> watch) {
    this.watch = watch;
    this.variables = new Standing<>(watch);
    this.monitors = new Standing<>(watch);
  }

  Standing<List<PointerFindings.OddPointer>> variables() {
    return variables;
  }

  Standing<Observations> monitors() {
    return monitors;
  }

  /** What is read from now on is made anew with each verdict. */
  void watch() {
    watch.accept(rest);
  }

  /** Begins a verdict. */
  void begin() {
    rest = new WatchedPages.Reading();
  }

  /** Gives back what can be read again. */
  void giveBack() {
    rest.giveBack();
    variables.giveBack();
    monitors.giveBack();
  }

  /** Bytes of heap, about, that what they rest on takes. */
  long heldBytes() {
    return rest.heldBytes() + variables.heldBytes() + monitors.heldBytes();
  }

  /** Adds what they rest on. */
  void addTo(Relevance.Gathering gathering) {
    rest.forEach(gathering::words);
    variables.addTo(gathering);
    monitors.addTo(gathering);
  }

  /** Takes in where page tables moved; whether the verdict may be another. */
  boolean isOutdatedBy(List<TableMove> moves, PageSource now) {
    boolean restIsOutdated = !rest.move(moves, now);
    boolean variablesAre = variables.isOutdatedBy(moves, now);
    boolean monitorsAre = monitors.isOutdatedBy(moves, now);
    return restIsOutdated || variablesAre || monitorsAre;
  }

  /** Takes in what a frame holds now; whether the verdict may be another. */
  boolean isOutdatedBy(FrameNumber frame, Optional<PageBytes> now) {
    boolean restIsOutdated = rest.isOutdatedBy(frame, now);
    rest.renew(frame, now);
    boolean variablesAre = variables.isOutdatedBy(frame, now);
    boolean monitorsAre = monitors.isOutdatedBy(frame, now);
    return restIsOutdated || variablesAre || monitorsAre;
  }
}
