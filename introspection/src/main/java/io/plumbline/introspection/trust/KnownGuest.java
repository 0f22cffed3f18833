package io.plumbline.introspection.trust;

import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.TableMove;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.verify.image.ImageClosure;
import io.plumbline.introspection.verify.image.ImageLibrary;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;

/**
 * A guest whose build is known from its package: verified, explored, and judged as often as it
 * changes. Everything that is kept of it follows the guest.
 */
final class KnownGuest {
  private final GuestKernel kernel;
  private final PackagedBuild build;
  private final JudgeSettings settings;
  private final ImageLibrary library;
  private final LongSupplier nanoClock;
  private final ExploredImage explored;
  private final long exploreNanos;
  private final CodeFrames code;
  private final StandingParts standing;
  private Identity identity;

  /** Only who is followed needs it. */
  private Optional<ImageClosure> closure = Optional.empty();

  /**
   * Explores a guest that was verified.
   *
   * @param identity of the guest as it was verified
   */
  KnownGuest(
      GuestKernel kernel,
      PackagedBuild build,
      Identity identity,
      JudgeSettings settings,
      ImageLibrary library,
      LongSupplier nanoClock,
      StandingParts standing) {
    this.kernel = kernel;
    this.standing = standing;
    this.code = new CodeFrames(kernel);
    this.build = build;
    this.identity = identity;
    this.settings = settings;
    this.library = library;
    this.nanoClock = nanoClock;
    long start = nanoClock.getAsLong();
    this.explored =
        ExploredImage.of(
            kernel, build.named(), build.verified(), settings.budget(), build.commons(library));
    this.exploreNanos = nanoClock.getAsLong() - start;
  }

  /** How long it took to explore. */
  long exploreNanos() {
    return exploreNanos;
  }

  /**
   * Takes in what changed; the page tables lead where they did.
   *
   * @param guest as it is now
   * @return whether the verdict may be another; empty if it has to be judged from scratch
   */
  Optional<Boolean> follow(Collection<FrameNumber> frames, PageSource guest) {
    if (!build.follow(frames, kernel, guest, library)) {
      return Optional.empty();
    }
    SortedSet<Long> changed = new TreeSet<>();
    boolean verifiedAgain = !build.verified().changedPages().isEmpty();
    PlacedImage placed = build.placed();
    ImageLayout layout = placed.verifier().layout();
    build.verified().changedPages().stream()
        .map(page -> page * PageBytes.SIZE)
        .filter(place -> place < layout.textBytes())
        .forEach(place -> changed.add(placed.addressOf(layout.offsetOf(place))));
    long reachedBefore = explored.fixpoint().changes();
    if (!replaceCode(frames, guest, changed)
        || !explored.follow(changed.stream().mapToLong(Long::longValue), frames, guest)) {
      return Optional.empty();
    }
    if (verifiedAgain) {
      identity = build.identity(identity, closure());
    }
    boolean leadsElsewhere = explored.fixpoint().changes() != reachedBefore;
    return Optional.of(verifiedAgain || leadsElsewhere || !changed.isEmpty());
  }

  /** Adds what verdicts rest on. */
  void addTo(Relevance.Gathering gathering) {
    standing.addTo(gathering);
    explored.fixpoint().forEachDataFrame(gathering::pointers);
    build.verified().forEachRead(gathering::all, gathering::words);
    code.forEach(gathering::all);
  }

  /** Takes in where page tables moved; whether the verdict may be another. */
  boolean isOutdatedBy(List<TableMove> moves, PageSource now) {
    return standing.isOutdatedBy(moves, now);
  }

  /** Takes in what a frame holds now; whether the verdict may be another. */
  boolean isOutdatedBy(FrameNumber frame, Optional<PageBytes> now) {
    return standing.isOutdatedBy(frame, now);
  }

  /**
   * Gives back what can be read again, but for the code.
   *
   * @param keeps tells of which frames, by number, the bytes of data are kept
   * @return false if all of it is still needed
   */
  boolean giveBack(LongPredicate keeps) {
    if (!build.verified().giveBack()) {
      return false;
    }
    explored.fixpoint().giveBack(keeps);
    standing.giveBack();
    return true;
  }

  GuestKernel kernel() {
    return kernel;
  }

  private ImageClosure closure() {
    if (closure.isEmpty()) {
      List<Integer> vectors = List.of(identity.vector());
      closure = Optional.of(build.closure(kernel, vectors, settings.budget(), library));
    }
    return closure.get();
  }

  /** Bytes of heap, about, that it takes and does not share with other guests. */
  long heldBytes() {
    return standing.heldBytes() + explored.fixpoint().heldBytes();
  }

  /** Whether a frame holds data that was reached. */
  boolean hasReached(FrameNumber frame) {
    return explored.fixpoint().hasReached(frame);
  }

  /** Code outside the image is nobody's here to follow, nor is code that was given back. */
  private boolean replaceCode(
      Collection<FrameNumber> frames, PageSource guest, SortedSet<Long> changed) {
    for (FrameNumber frame : frames) {
      for (long address : code.pagesOf(frame)) {
        Optional<PageBytes> now = guest.read(frame);
        if (code.isChanged(address, now)) {
          if (now.isEmpty()
              || kernel.code().regionAt(address).isEmpty()
              || kernel.code().isGivenBack()
              || !build.placed().contains(address)) {
            return false;
          }
          kernel.code().replace(address, now.get());
          changed.add(address);
        }
      }
    }
    return true;
  }

  /**
   * Judges the guest as it was followed last.
   *
   * @param before how long it took until now
   */
  Verdict verdict(Guest guest, Timings before) {
    final long start = nanoClock.getAsLong();
    standing.begin();
    ImageExamination.Outcome outcome;
    try (ImageExamination examination =
        new ImageExamination(guest, explored, build.verified(), standing, settings.text())) {
      outcome = examination.outcome();
    }
    ReachedCode reached = ReachedCode.of(outcome);
    List<String> blindSpots = new ArrayList<>(KernelJudge.blindSpots(kernel, reached));
    blindSpots.addAll(build.blindSpots());
    blindSpots.addAll(outcome.blindSpots());
    if (outcome.unlisted() > 0) {
      blindSpots.add(outcome.unlisted() + " more pieces of code without an owner are not listed");
    }
    return new Verdict(
        identity,
        build.coverage(kernel, reached, outcome.unaccountedBytes()),
        KernelJudge.trust(identity, outcome.findings(), blindSpots),
        outcome.findings(),
        blindSpots,
        new Timings(
            before.exploreNanos(),
            before.identifyNanos(),
            before.verifyNanos() + nanoClock.getAsLong() - start));
  }
}
