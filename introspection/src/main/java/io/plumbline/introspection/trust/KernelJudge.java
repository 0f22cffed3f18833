package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.WatchedPages;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.MissingRoot;
import io.plumbline.introspection.verify.image.ImageLibrary;
import io.plumbline.introspection.verify.image.Workspace;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Judges a guest from its hardware state. If a package of the book can be placed where the roots
 * lead, every byte is held against it. Otherwise explores what the roots reach, names the build
 * from one IDT entry, and holds roots, code and pointer tables against what was enrolled of it.
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

  private final JudgeSettings settings;
  private final LongSupplier nanoClock;
  private final ImageLibrary library;
  private final RunnersUp runnersUp = new RunnersUp();

  /** A judge works on one guest at a time in a thread, and verifies it in arrays that stay. */
  private final ThreadLocal<Workspace> workspaces =
      ThreadLocal.withInitial(Workspace::forGuestsInTurn);

  /**
   * A judge that shares what it derives from packages with all others of this process.
   *
   * @param nanoClock measures the phases; no verdict depends on it
   */
  public KernelJudge(JudgeSettings settings, LongSupplier nanoClock) {
    this(settings, nanoClock, ImageLibrary.ofThisProcess());
  }

  /**
   * A judge that derives what it needs once for all guests, but for what their kernels lead to: to
   * compare with.
   */
  public static KernelJudge exploringEachGuest(JudgeSettings settings, LongSupplier nanoClock) {
    return new KernelJudge(settings, nanoClock, ImageLibrary.withoutCommonReaches());
  }

  KernelJudge(JudgeSettings settings, LongSupplier nanoClock, ImageLibrary library) {
    this.settings = settings;
    this.nanoClock = nanoClock;
    this.library = library;
  }

  @Override
  public Verdict judge(Guest asked, SignatureBook book) {
    ReadableBook<Verdict> answer =
        ReadableBook.ask(
            book,
            known -> {
              Guest guest = asked.ofKernel().remembered();
              Seen seen = see(guest, false);
              return seen.inRound(
                  guest.memory(),
                  () ->
                      look(guest, seen, guest.memory(), known, workspace(), reading -> {})
                          .verdict());
            });
    workspace().release();
    return withUnreadable(answer.answer(), answer.unreadable());
  }

  @Override
  public Optional<PreparedBuild> prepare(PackageSignature build, SignatureBook book) {
    return Optional.of(
        PreparedBuild.of(build, book.signatures(), vectors(), settings.budget(), library));
  }

  @Override
  public Follower follower() {
    return new FollowedGuest(this);
  }

  @Override
  public FollowedGuest lightFollower() {
    return FollowedGuest.light(this);
  }

  /** What the guest that this thread looks at is verified in. */
  Workspace workspace() {
    return workspaces.get();
  }

  static Verdict withUnreadable(Verdict verdict, List<String> unreadable) {
    return verdict.identity().state() == Identity.State.EXACT
        ? verdict
        : verdict.alsoNotSeen(unreadable);
  }

  /**
   * How a guest shows itself.
   *
   * @param nanos that it took to see it
   */
  record Seen(GuestKernel.Sight sight, long nanos) {
    /** Does something in a round, in which the guest's code can be read if it is not held. */
    <T> T inRound(PageSource memory, Supplier<T> work) {
      return sight.kernel().isPresent()
          ? sight.kernel().get().code().inRound(memory, work)
          : work.get();
    }
  }

  /**
   * Sees how a guest shows itself.
   *
   * @param holdsCode whether all of its code is held; else it is read when somebody asks in a round
   */
  Seen see(Guest guest, boolean holdsCode) {
    long start = nanoClock.getAsLong();
    GuestKernel.Sight sight =
        holdsCode
            ? GuestKernel.of(guest.memory(), guest.vcpus(), settings.budget())
            : GuestKernel.lookedAt(guest.memory(), guest.vcpus(), settings.budget());
    return new Seen(sight, nanoClock.getAsLong() - start);
  }

  /** Whether a guest whose registers or tables changed shows itself as before. */
  boolean seesAgain(GuestKernel kernel, Guest guest) {
    return kernel.isSeenAgain(guest.memory(), guest.vcpus(), settings.budget());
  }

  /**
   * Looks at all of a guest.
   *
   * @param memory the guest's, for what follows changes on its own
   * @param workspace holds the guest and what it should be afterwards
   * @param watch is told to what the guest's pages that are read belong from now on
   */
  Judged look(
      Guest guest,
      Seen guestSeen,
      PageSource memory,
      Collection<KernelSignature> signatures,
      Workspace workspace,
      Consumer<WatchedPages.Reading> watch) {
    GuestKernel.Sight sight = guestSeen.sight();
    if (sight.kernel().isEmpty()) {
      Verdict verdict = notMeasurable(sight.reason(), guestSeen.nanos());
      return new Judged(verdict, Optional.empty(), Optional.empty(), Optional.empty(), true);
    }
    GuestKernel kernel = sight.kernel().get();
    long read = nanoClock.getAsLong();
    PackagedBuild.Found found =
        PackagedBuild.of(kernel, memory, signatures, settings.vector(), library, workspace);
    Timings seen = new Timings(guestSeen.nanos(), 0, nanoClock.getAsLong() - read);
    Judged judged =
        found.build().isPresent()
            ? byPackage(guest, kernel, found.build().get(), signatures, seen, watch)
            : enrolled().judged(guest, kernel, () -> signatures, seen, !found.anyWasTried());
    return new Judged(
        judged.verdict().alsoNotSeen(whyNotNamed(kernel)),
        judged.known(),
        judged.reached(),
        judged.code(),
        judged.canBeFollowed());
  }

  private Judged byPackage(
      Guest guest,
      GuestKernel kernel,
      PackagedBuild build,
      Collection<KernelSignature> signatures,
      Timings before,
      Consumer<WatchedPages.Reading> watch) {
    long start = nanoClock.getAsLong();
    Identity identity = identity(build, kernel, signatures);
    long identified = nanoClock.getAsLong();
    KnownGuest known =
        new KnownGuest(
            kernel, build, identity, settings, library, nanoClock, new StandingParts(watch));
    Verdict verdict =
        known.verdict(
            guest,
            new Timings(
                before.exploreNanos() + known.exploreNanos(),
                identified - start,
                before.verifyNanos()));
    return new Judged(verdict, Optional.of(known), Optional.empty(), Optional.empty(), true);
  }

  /** Names the build alone; cheaper than a verdict because one entry's closure is explored. */
  public Naming identify(Guest asked, SignatureBook book) {
    Guest guest = asked.ofKernel().remembered();
    Seen seen = see(guest, false);
    GuestKernel.Sight sight = seen.sight();
    if (sight.kernel().isEmpty()) {
      Identity unknown = Identity.unknown(settings.vector().orElse(NO_VECTOR_TRIED));
      return new Naming(unknown, List.of(sight.reason()));
    }
    GuestKernel kernel = sight.kernel().get();
    ReadableBook<Identity> answer =
        seen.inRound(
            guest.memory(), () -> ReadableBook.ask(book, known -> identity(guest, kernel, known)));
    List<String> reasons = new ArrayList<>(whyNotNamed(kernel));
    if (answer.answer().state() != Identity.State.EXACT) {
      reasons.addAll(answer.unreadable());
      if (kernel.code().budgetExhausted()) {
        reasons.add(ReachedCode.CODE_CUT_SHORT);
      }
    }
    return new Naming(answer.answer(), reasons);
  }

  private Identity identity(
      Guest guest, GuestKernel kernel, Collection<KernelSignature> signatures) {
    return PackagedBuild.of(
            kernel, guest.memory(), signatures, settings.vector(), library, workspace())
        .build()
        .map(build -> identity(build, kernel, signatures))
        .orElseGet(() -> enrolled().identify(kernel, () -> signatures).identity());
  }

  private Identity identity(
      PackagedBuild build, GuestKernel kernel, Collection<KernelSignature> signatures) {
    return build.identity(kernel, vectors(), settings.budget(), signatures, library, runnersUp);
  }

  List<String> whyNotNamed(GuestKernel kernel) {
    return settings.vector().stream()
        .mapToObj(vector -> NamingGate.whyNot(kernel, vector))
        .flatMap(Optional::stream)
        .toList();
  }

  private ByEnrolment enrolled() {
    return new ByEnrolment(settings, vectors(), nanoClock);
  }

  private List<Integer> vectors() {
    return settings.vector().isPresent() ? List.of(settings.vector().getAsInt()) : VECTORS;
  }

  static TrustState trust(Identity identity, List<Finding> findings, List<String> blindSpots) {
    if (findings.stream().anyMatch(finding -> finding.type().violation())) {
      return TrustState.VIOLATED;
    }
    // A hook that the kernel's own machinery explains is told, and leaves nothing unsaid.
    boolean everythingSaid =
        identity.state() == Identity.State.EXACT
            && findings.stream().allMatch(each -> each.type() == FindingType.HOOK_WITH_OWNER)
            && blindSpots.isEmpty();
    return everythingSaid ? TrustState.TRUSTED : TrustState.UNDECIDED;
  }

  static List<String> blindSpots(GuestKernel kernel, ReachedCode reached) {
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
    spots.addAll(reached.blindSpots());
    if (kernel.executable().budgetExhausted()) {
      spots.add(ReachedCode.CODE_CUT_SHORT);
    }
    return new ArrayList<>(spots);
  }

  private static Verdict notMeasurable(String reason, long nanos) {
    return new Verdict(
        Identity.unknown(NO_VECTOR_TRIED),
        new Coverage(0, 0, 0, 0, 0),
        TrustState.NOT_MEASURABLE,
        List.of(),
        List.of(reason),
        new Timings(nanos, 0, 0));
  }
}
