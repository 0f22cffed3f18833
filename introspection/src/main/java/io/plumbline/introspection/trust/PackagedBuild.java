package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.RootCheck;
import io.plumbline.introspection.verify.image.CommonReaches;
import io.plumbline.introspection.verify.image.ImageCandidates;
import io.plumbline.introspection.verify.image.ImageClosure;
import io.plumbline.introspection.verify.image.ImageLibrary;
import io.plumbline.introspection.verify.image.ImageVerification;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.introspection.verify.image.PageVerdict;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.image.StandingVerification;
import io.plumbline.introspection.verify.image.Workspace;
import io.plumbline.introspection.verify.module.GuestModules;
import io.plumbline.introspection.verify.module.ModuleIndex;
import io.plumbline.introspection.verify.module.ModuleLibrary;
import io.plumbline.introspection.verify.module.ModuleVerification;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The package whose kernel a guest runs, tampered with perhaps.
 *
 * <p>Where a package's image may lie, the hardware roots say; that it does lie there, samples of
 * text; which of several it is, the bytes: the one that explains all of them, else the one that
 * leaves fewest unexplained, if most pages are that build's. A neighbouring build fits from the
 * first function that grew on nowhere, so it is never taken for a tampered one.
 */
record PackagedBuild(
    PackageSignature signature,
    PlacedImage placed,
    StandingVerification verified,
    GuestModules modules,
    ImageCandidates candidates) {
  /** Builds that are verified before one gives up to find one that explains every byte. */
  private static final int SHORTLIST = 4;

  /** The same if all that were verified speak for the next one, as among builds of one source. */
  private static final int MOST_TRIED = 32;

  /**
   * What was found.
   *
   * @param anyWasTried whether the guest was held against some build
   */
  record Found(Optional<PackagedBuild> build, boolean anyWasTried) {}

  /** The share of readable pages that may be modified in a guest that still runs the build. */
  private static final double MOST_MODIFIED = 0.1;

  /** Pages that may be modified whatever the share: the smallest kernels have a few dozen. */
  private static final int FEW_PAGES = 4;

  /**
   * Finds the build.
   *
   * @param vector the one IDT vector that may place it; empty for every root
   * @param workspace holds the guest and what it should be afterwards
   */
  static Found of(
      GuestKernel kernel,
      PageSource memory,
      Collection<KernelSignature> signatures,
      OptionalInt vector,
      ImageLibrary library,
      Workspace workspace) {
    List<HardwareRoot> roots =
        kernel.roots().stream()
            .filter(root -> vector.isEmpty() || root.vector() == vector.getAsInt())
            .toList();
    ImageCandidates candidates = ImageCandidates.of(kernel, roots, signatures, library);
    Verifying verifying = new Verifying(kernel, memory, candidates, library, workspace);
    Optional<PackagedBuild> build =
        candidates
            .favourite(library)
            .map(each -> verifying.verified(each.signature(), each.slide()))
            .filter(each -> each.seen().explainsEveryByte())
            .or(() -> best(verifying));
    build
        .filter(each -> each.seen().explainsEveryByte())
        .ifPresent(each -> library.explained(each.signature));
    return new Found(build, !candidates.isEmpty());
  }

  private static Optional<PackagedBuild> best(Verifying verifying) {
    ImageCandidates candidates = verifying.candidates;
    PackagedBuild best = null;
    boolean bestIsLast = false;
    Optional<ImageCandidates.Candidate> each = candidates.next();
    for (int tried = 0; each.isPresent() && mayBeTried(each.get(), tried); tried++) {
      PackagedBuild next = verifying.verified(each.get().signature(), each.get().slide());
      bestIsLast = next.isThisBuild() && (best == null || next.explainsMoreThan(best));
      best = bestIsLast ? next : best;
      if (next.seen().explainsEveryByte()) {
        break;
      }
      each =
          candidates.nextAfter(
              each.get(), next.placed.verifier().layout(), next.verified.workspace());
    }
    if (best != null && !bestIsLast) {
      // The workspace holds what was verified last.
      best = verifying.verified(best.signature, best.placed.slide());
    }
    return Optional.ofNullable(best);
  }

  private static boolean mayBeTried(ImageCandidates.Candidate next, int tried) {
    return tried < (next.contradictsNothing() ? MOST_TRIED : SHORTLIST);
  }

  /** Holds one guest against builds, one after the other. */
  private record Verifying(
      GuestKernel kernel,
      PageSource memory,
      ImageCandidates candidates,
      ImageLibrary library,
      Workspace workspace) {
    PackagedBuild verified(PackageSignature signature, long slide) {
      ImageVerifier verifier = library.verifier(signature);
      ModuleIndex known = ModuleLibrary.ofThisProcess().index(signature, verifier.layout());
      GuestModules modules = GuestModules.find(known, slide, kernel.space(), kernel.executable());
      StandingVerification verified = new StandingVerification(verifier, workspace);
      verified.verify(
          slide,
          kernel.space().over(memory),
          memory,
          kernel.executable(),
          modules,
          library.commons(signature).texts());
      PlacedImage placed = new PlacedImage(verifier, slide);
      return new PackagedBuild(signature, placed, verified, modules, candidates);
    }
  }

  /** What its bytes are, as of the last time they were verified. */
  ImageVerification seen() {
    return verified.seen();
  }

  /**
   * Takes in what changed of the guest's memory.
   *
   * @param memory as it is now
   * @return false if it has to be asked again which build this is, or what its bytes are
   */
  boolean follow(
      Collection<FrameNumber> frames, GuestKernel kernel, PageSource memory, ImageLibrary library) {
    boolean wasExact = seen().explainsEveryByte();
    if (verified.after(frames, kernel.space().over(memory), memory).isEmpty()) {
      return false;
    }
    if (verified.changedPages().isEmpty()) {
      return true;
    }
    int modified = seen().pages().getOrDefault(PageVerdict.MODIFIED, 0);
    boolean exactStill = wasExact && seen().explainsEveryByte();
    return isThisBuild()
        && (exactStill
            || candidates.isFarFromOthers(
                signature, placed.verifier().layout(), modified, seen().unexplainedBytes()));
  }

  /** The build's code in the guest, with names for that of its modules. */
  KernelWithModules named() {
    return new KernelWithModules(placed, modules);
  }

  /** What its guests have in common. */
  CommonReaches commons(ImageLibrary library) {
    return library.commons(signature);
  }

  private boolean isThisBuild() {
    int modified = seen().pages().getOrDefault(PageVerdict.MODIFIED, 0);
    int unreadable = seen().pages().getOrDefault(PageVerdict.UNREADABLE, 0);
    int all = seen().pages().values().stream().mapToInt(Integer::intValue).sum();
    int readable = all - unreadable;
    return readable > 0 && modified <= Math.max(FEW_PAGES, MOST_MODIFIED * readable);
  }

  private boolean explainsMoreThan(PackagedBuild other) {
    return seen().unexplainedBytes() < other.seen().unexplainedBytes();
  }

  /**
   * The guest's identity: exact only if every byte is explained. The runner-up's distance is that
   * of two builds, as a typical boot shows them, whatever this guest's processor is; its own that
   * of functions which one entry of the image leads to and in which bytes are unexplained.
   *
   * @param library that the build was found with
   * @param vectors that may name it, the best first
   */
  Identity identity(
      GuestKernel kernel,
      List<Integer> vectors,
      ExplorationBudget budget,
      Collection<KernelSignature> signatures,
      ImageLibrary library,
      RunnersUp runnersUp) {
    HardwareRoot root = namingRoot(kernel, vectors);
    ImageClosure closure =
        library.closure(signature, placed.offsetOf(root.target().value()), budget);
    return new Identity(
        state(),
        Optional.of(signature.name()),
        Optional.of(signature.id()),
        root.vector(),
        placed.slide(),
        distance(closure),
        runnersUp.after(closure, others(signature, signatures)));
  }

  /** The builds of which the nearest comes second after a guest's. */
  static List<KernelSignature> others(
      PackageSignature build, Collection<KernelSignature> signatures) {
    return signatures.stream().filter(each -> !each.name().equals(build.name())).toList();
  }

  /**
   * The same after bytes changed: who comes second does not hang on the guest's.
   *
   * @param before while the same roots led to the same places, among the same signatures
   * @param closure of the root that names it
   */
  Identity identity(Identity before, ImageClosure closure) {
    if (seen().explainsEveryByte() && before.state() == Identity.State.EXACT) {
      return before;
    }
    return new Identity(
        state(),
        before.build(),
        before.signature(),
        before.vector(),
        before.slide(),
        distance(closure),
        before.runnerUp());
  }

  /** What the image has behind the root that names the guest. */
  ImageClosure closure(
      GuestKernel kernel, List<Integer> vectors, ExplorationBudget budget, ImageLibrary library) {
    long entry = placed.offsetOf(namingRoot(kernel, vectors).target().value());
    return library.closure(signature, entry, budget);
  }

  private Identity.State state() {
    return seen().explainsEveryByte() ? Identity.State.EXACT : Identity.State.NEAREST;
  }

  private int distance(ImageClosure closure) {
    return seen().explainsEveryByte() ? 0 : closure.functionsWith(verified);
  }

  /** The first of the gates that leads where the image has it; any root if none does. */
  private HardwareRoot namingRoot(GuestKernel kernel, List<Integer> vectors) {
    RootCheck roots = placed.roots(kernel);
    for (int vector : vectors) {
      for (HardwareRoot root : roots.legal()) {
        if (root.vector() == vector) {
          return root;
        }
      }
    }
    return roots.legal().get(0);
  }

  /** What could not be looked at. */
  List<String> blindSpots() {
    List<String> spots = new ArrayList<>(seen().blindSpots());
    int unreadable = seen().pages().getOrDefault(PageVerdict.UNREADABLE, 0);
    if (unreadable > 0) {
      spots.add(unreadable + " pages of the kernel's text and read-only data cannot be read");
    }
    if (seen().droppedDeviations() > 0) {
      spots.add(seen().droppedDeviations() + " more changes are not listed");
    }
    for (ModuleVerification module : modules.verifications()) {
      module.blindSpots().forEach(each -> spots.add(module.owner() + ": " + each));
      if (module.droppedDeviations() > 0) {
        spots.add(
            module.owner() + ": " + module.droppedDeviations() + " more changes are not listed");
      }
    }
    return spots;
  }

  /**
   * How much of the guest's executable memory was compared and is explained.
   *
   * @param reached from the hardware's roots
   * @param unaccountedBytes executable, not blank, that nobody owns
   */
  Coverage coverage(GuestKernel kernel, ReachedCode reached, long unaccountedBytes) {
    long text = kernel.code().nonBlankBytes();
    long changed =
        seen().unexplainedBytes()
            + modules.verifications().stream()
                .mapToLong(ModuleVerification::unexplainedBytes)
                .sum();
    long unexplained = Math.min(text, unaccountedBytes + changed);
    return new Coverage(
        kernel.executable().kernelBytes(),
        text,
        reached.directBytes(),
        OptionalLong.of(reached.fixpointBytes()),
        text - unexplained,
        unaccountedBytes,
        reached.byStep());
  }
}
