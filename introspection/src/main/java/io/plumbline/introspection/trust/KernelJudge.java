package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.golden.image.ImageBook;
import io.plumbline.introspection.identify.EntryClosure;
import io.plumbline.introspection.identify.Identification;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.reach.Exploration;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.MissingRoot;
import io.plumbline.introspection.verify.image.ImageVerification;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Judges a guest from its hardware state: explores what the roots reach, names the build from one
 * IDT entry, and holds roots, code and pointer tables against it.
 *
 * <p>Trusted means that nothing was left unsaid: the build is known, everything reached is
 * explained by it, and no root, page or bound stood in the way.
 */
public final class KernelJudge implements Judge {
  /**
   * Vectors to name the build by, in turn until one fits: a rootkit may have moved a gate. The
   * first ones are exceptions that every x86 kernel has its own handler for (Intel SDM volume 3A,
   * table 6-1): #DE, #PF, #UD, #GP, #DF.
   */
  private static final List<Integer> VECTORS = List.of(0, 14, 6, 13, 8);

  private static final int NO_VECTOR_TRIED = 0;

  private final ImageJudgement images = new ImageJudgement();
  private final JudgeSettings settings;
  private final LongSupplier nanoClock;

  /**
   * A judge.
   *
   * @param nanoClock measures the phases; no verdict depends on it
   */
  public KernelJudge(JudgeSettings settings, LongSupplier nanoClock) {
    this.settings = settings;
    this.nanoClock = nanoClock;
  }

  @Override
  public Verdict judge(Guest guest, SignatureBook book) {
    return judge(guest, book, ImageBook.NONE);
  }

  /**
   * The verdict on {@code guest}. A guest that runs a build whose image is known is held against
   * every byte of it; another against what was enrolled.
   */
  public Verdict judge(Guest guest, SignatureBook book, ImageBook packages) {
    long start = nanoClock.getAsLong();
    GuestKernel.Sight sight = GuestKernel.of(guest.memory(), guest.vcpus(), settings.budget());
    if (sight.kernel().isEmpty()) {
      return notMeasurable(sight.reason(), nanoClock.getAsLong() - start);
    }
    GuestKernel kernel = sight.kernel().get();
    long read = nanoClock.getAsLong();
    Optional<ImageJudgement.Held> held = images.of(guest, kernel, packages);
    if (held.isPresent()) {
      return byImage(guest, kernel, held.get(), start, read);
    }
    Identification identification = identify(kernel, book);
    long identified = nanoClock.getAsLong();
    Optional<Examination.Outcome> examination =
        identification.placed().map(code -> Examination.of(guest, kernel, code, settings));
    long verified = nanoClock.getAsLong();
    Reached reached = reached(kernel, examination);
    long explored = nanoClock.getAsLong();
    List<Finding> findings = examination.map(Examination.Outcome::findings).orElse(List.of());
    List<String> blindSpots = blindSpots(kernel, reached);
    return new Verdict(
        identification.identity(),
        coverage(kernel, reached, examination),
        trust(identification.identity(), findings, blindSpots),
        findings,
        blindSpots,
        new Timings(read - start + explored - verified, identified - read, verified - identified));
  }

  /** The verdict on a guest whose package's image is known: every byte of it was compared. */
  private Verdict byImage(
      Guest guest, GuestKernel kernel, ImageJudgement.Held held, long start, long read) {
    ImageVerification seen = held.seen();
    List<Finding> findings = ImageExamination.of(guest, kernel, held.verifier().layout(), seen);
    final long verified = nanoClock.getAsLong();
    Reached reached = reached(kernel, Optional.empty());
    long explored = nanoClock.getAsLong();
    List<String> blindSpots = new ArrayList<>(blindSpots(kernel, reached));
    blindSpots.addAll(seen.blindSpots());
    long text = kernel.code().regions().stream().mapToLong(region -> region.nonBlankBytes()).sum();
    long explained =
        kernel
            .code()
            .regionAt(held.verifier().layout().base() + seen.slide())
            .map(region -> Math.max(0, region.nonBlankBytes() - seen.unexplainedBytes()))
            .orElse(0L);
    Coverage coverage =
        new Coverage(
            kernel.executable().kernelBytes(),
            text,
            reached.bytes(),
            OptionalLong.empty(),
            explained,
            Math.max(0, text - explained));
    return new Verdict(
        held.identity(),
        coverage,
        trust(held.identity(), findings, blindSpots),
        findings,
        blindSpots,
        new Timings(read - start + explored - verified, 0, verified - read));
  }

  /** Names the build alone; cheaper than a verdict because one entry's closure is explored. */
  public Identity identify(Guest guest, SignatureBook book) {
    return identify(guest, book, ImageBook.NONE);
  }

  /** Names the build alone, by its image where that is known. */
  public Identity identify(Guest guest, SignatureBook book, ImageBook packages) {
    return GuestKernel.of(guest.memory(), guest.vcpus(), settings.budget())
        .kernel()
        .map(
            kernel ->
                images
                    .of(guest, kernel, packages)
                    .map(ImageJudgement.Held::identity)
                    .orElseGet(() -> identify(kernel, book).identity()))
        .orElse(Identity.unknown(settings.vector().orElse(NO_VECTOR_TRIED)));
  }

  private Identification identify(GuestKernel kernel, SignatureBook book) {
    List<Integer> vectors =
        settings.vector().isPresent() ? List.of(settings.vector().getAsInt()) : VECTORS;
    Identification best = new Identification(Identity.unknown(vectors.get(0)), Optional.empty());
    Set<GuestVirtualAddress> tried = new HashSet<>();
    for (int vector : vectors) {
      Optional<GuestVirtualAddress> handler = kernel.handler(vector);
      if (handler.isPresent() && tried.add(handler.get())) {
        Identification next =
            Identification.of(
                EntryClosure.of(
                    vector, handler.get(), kernel.code(), kernel.mode(), settings.budget()),
                book);
        best = next.betterThan(best) ? next : best;
        if (best.placed().isPresent()) {
          return best;
        }
      }
    }
    return best;
  }

  /** What direct flow reaches, valid or not. */
  private record Reached(long bytes, boolean budgetExhausted) {}

  /** Explored again only if the examination stopped somewhere. */
  private Reached reached(GuestKernel kernel, Optional<Examination.Outcome> examination) {
    return examination
        .filter(Examination.Outcome::everythingValid)
        .map(outcome -> new Reached(outcome.verifiedBytes(), outcome.budgetExhausted()))
        .orElseGet(
            () -> {
              Exploration all =
                  Exploration.from(
                      kernel.entries(), kernel.code(), kernel.mode(), settings.budget());
              return new Reached(all.directBytes(), all.budgetExhausted());
            });
  }

  private static TrustState trust(
      Identity identity, List<Finding> findings, List<String> blindSpots) {
    if (findings.stream().anyMatch(finding -> finding.type().violation())) {
      return TrustState.VIOLATED;
    }
    boolean everythingSaid =
        identity.state() == Identity.State.EXACT && findings.isEmpty() && blindSpots.isEmpty();
    return everythingSaid ? TrustState.TRUSTED : TrustState.UNDECIDED;
  }

  private static List<String> blindSpots(GuestKernel kernel, Reached reached) {
    Set<String> spots = new LinkedHashSet<>();
    for (MissingRoot root : kernel.missing()) {
      String vector = root.vector() < 0 ? "" : "[" + root.vector() + "]";
      spots.add(
          "vCPU " + root.vcpu() + ": " + root.kind() + vector + " is unknown: " + root.reason());
    }
    kernel
        .executable()
        .unreadable()
        .forEach(table -> spots.add("a page table cannot be read: " + table));
    if (!kernel.code().unreadablePages().isEmpty()) {
      spots.add(
          kernel.code().unreadablePages().size()
              + " executable pages cannot be read, first "
              + kernel.code().unreadablePages().get(0));
    }
    if (reached.budgetExhausted() || kernel.executable().budgetExhausted()) {
      spots.add("a bound was reached: not all of the guest was looked at");
    }
    return new ArrayList<>(spots);
  }

  private static Coverage coverage(
      GuestKernel kernel, Reached reached, Optional<Examination.Outcome> examination) {
    long text = kernel.code().regions().stream().mapToLong(region -> region.nonBlankBytes()).sum();
    long verified = examination.map(Examination.Outcome::verifiedBytes).orElse(0L);
    return new Coverage(
        kernel.executable().kernelBytes(),
        text,
        reached.bytes(),
        OptionalLong.empty(),
        verified,
        Math.max(0, text - reached.bytes()));
  }

  private static Verdict notMeasurable(String reason, long nanos) {
    return new Verdict(
        Identity.unknown(NO_VECTOR_TRIED),
        new Coverage(0, 0, 0, OptionalLong.empty(), 0, 0),
        TrustState.NOT_MEASURABLE,
        List.of(),
        List.of(reason),
        new Timings(nanos, 0, 0));
  }
}
