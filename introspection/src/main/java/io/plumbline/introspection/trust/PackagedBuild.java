package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.identify.EntryClosure;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.identify.Shortlist;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.reach.CodeRegion;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.RootCheck;
import io.plumbline.introspection.verify.image.ImageCandidates;
import io.plumbline.introspection.verify.image.ImageLibrary;
import io.plumbline.introspection.verify.image.ImageVerification;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.introspection.verify.image.PageVerdict;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.image.Workspace;
import io.plumbline.introspection.verify.module.GuestModules;
import io.plumbline.introspection.verify.module.ModuleIndex;
import io.plumbline.introspection.verify.module.ModuleLibrary;
import io.plumbline.introspection.verify.module.ModuleVerification;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The package whose kernel a guest runs, tampered with perhaps.
 *
 * <p>Where a package's image may lie, the hardware roots say; that it does lie there, samples of
 * text; which of several it is, the bytes: the one that explains all of them, else the one that
 * leaves fewest unexplained, if most pages are that build's. A neighbouring build fits from the
 * first function that grew on nowhere, so it is never taken for a tampered one.
 */
record PackagedBuild(
    PackageSignature signature, PlacedImage placed, ImageVerification seen, GuestModules modules) {
  /** Builds that are verified before one gives up to find one that explains every byte. */
  private static final int SHORTLIST = 4;

  /** The same if all that were verified speak for the next one, as among builds of one source. */
  private static final int MOST_TRIED = 32;

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
  static Optional<PackagedBuild> of(
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
    Optional<PackagedBuild> build =
        candidates
            .favourite(library)
            .map(
                each ->
                    verified(each.signature(), each.slide(), kernel, memory, library, workspace))
            .filter(each -> each.seen.explainsEveryByte())
            .or(() -> best(kernel, memory, candidates, library, workspace));
    build
        .filter(each -> each.seen.explainsEveryByte())
        .ifPresent(each -> library.explained(each.signature));
    return build;
  }

  private static Optional<PackagedBuild> best(
      GuestKernel kernel,
      PageSource memory,
      ImageCandidates candidates,
      ImageLibrary library,
      Workspace workspace) {
    PackagedBuild best = null;
    boolean bestIsLast = false;
    Optional<ImageCandidates.Candidate> each = candidates.next();
    for (int tried = 0; each.isPresent() && mayBeTried(each.get(), tried); tried++) {
      PackagedBuild next =
          verified(each.get().signature(), each.get().slide(), kernel, memory, library, workspace);
      bestIsLast = next.isThisBuild() && (best == null || next.explainsMoreThan(best));
      best = bestIsLast ? next : best;
      if (next.seen.explainsEveryByte()) {
        break;
      }
      each = candidates.nextAfter(each.get(), next.placed.verifier().layout(), workspace);
    }
    if (best != null && !bestIsLast) {
      // The workspace holds what was verified last.
      best = verified(best.signature, best.placed.slide(), kernel, memory, library, workspace);
    }
    return Optional.ofNullable(best);
  }

  private static boolean mayBeTried(ImageCandidates.Candidate next, int tried) {
    return tried < (next.contradictsNothing() ? MOST_TRIED : SHORTLIST);
  }

  private static PackagedBuild verified(
      PackageSignature signature,
      long slide,
      GuestKernel kernel,
      PageSource memory,
      ImageLibrary library,
      Workspace workspace) {
    ImageVerifier verifier = library.verifier(signature);
    ModuleIndex known = ModuleLibrary.ofThisProcess().index(signature, verifier.layout());
    GuestModules modules = GuestModules.find(known, slide, kernel.space(), kernel.executable());
    ImageVerification seen =
        verifier.verify(slide, kernel.space(), memory, kernel.executable(), modules, workspace);
    return new PackagedBuild(signature, new PlacedImage(verifier, slide), seen, modules);
  }

  /** The build's code in the guest, with names for that of its modules. */
  KernelWithModules named() {
    return new KernelWithModules(placed, modules);
  }

  private boolean isThisBuild() {
    int modified = seen.pages().getOrDefault(PageVerdict.MODIFIED, 0);
    int unreadable = seen.pages().getOrDefault(PageVerdict.UNREADABLE, 0);
    int all = seen.pages().values().stream().mapToInt(Integer::intValue).sum();
    int readable = all - unreadable;
    return readable > 0 && modified <= Math.max(FEW_PAGES, MOST_MODIFIED * readable);
  }

  private boolean explainsMoreThan(PackagedBuild other) {
    return seen.unexplainedBytes() < other.seen.unexplainedBytes();
  }

  /**
   * The guest's identity: exact only if every byte is explained. The runner-up's distance is then
   * that of two builds, as a typical boot shows them, whatever this guest's processor is.
   *
   * @param library that the build was found with
   * @param vectors that may name it, the best first
   * @param workspace that it was verified in
   */
  Identity identity(
      GuestKernel kernel,
      List<Integer> vectors,
      ExplorationBudget budget,
      Collection<KernelSignature> signatures,
      ImageLibrary library,
      Workspace workspace) {
    HardwareRoot root = namingRoot(kernel, vectors);
    boolean exact = seen.explainsEveryByte();
    int distance = 0;
    long[] digests;
    if (exact) {
      digests = library.closure(signature, placed.offsetOf(root.target().value()), budget);
    } else {
      EntryClosure closure =
          EntryClosure.of(root.vector(), root.target(), kernel.code(), kernel.mode(), budget);
      distance = changedFunctions(closure, workspace);
      digests = closure.measurement().functionDigests();
    }
    List<KernelSignature> others =
        signatures.stream().filter(each -> !each.name().equals(signature.name())).toList();
    return new Identity(
        exact ? Identity.State.EXACT : Identity.State.NEAREST,
        Optional.of(signature.name()),
        Optional.of(signature.id()),
        root.vector(),
        placed.slide(),
        distance,
        Shortlist.nearest(digests, others)
            .map(match -> new Identity.RunnerUp(match.signature().name(), match.distance())));
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

  private int changedFunctions(EntryClosure closure, Workspace workspace) {
    Set<GuestVirtualAddress> changed = new HashSet<>();
    closure
        .exploration()
        .forEachInstruction(
            (region, offset, length) -> {
              long address = region.start() + offset;
              if (placed.contains(address)
                  && !workspace.explains((int) placed.offsetOf(address), length)) {
                changed.add(closure.exploration().functionBelow(region, offset));
              }
              return true;
            });
    return changed.size();
  }

  /** What could not be looked at. */
  List<String> blindSpots() {
    List<String> spots = new ArrayList<>(seen.blindSpots());
    int unreadable = seen.pages().getOrDefault(PageVerdict.UNREADABLE, 0);
    if (unreadable > 0) {
      spots.add(unreadable + " pages of the kernel's text and read-only data cannot be read");
    }
    if (seen.droppedDeviations() > 0) {
      spots.add(seen.droppedDeviations() + " more changes are not listed");
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
        seen.unexplainedBytes()
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
