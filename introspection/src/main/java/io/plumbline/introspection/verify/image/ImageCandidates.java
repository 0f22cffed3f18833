package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The builds whose image fits a guest where its hardware roots lead, the likeliest first. Only
 * outlines are asked. Builds of one layout that differ in a few functions fit alike; once one of
 * them was held against the guest, the pages that it does not explain tell which of the others it
 * is: the one that differs from it in these pages and in no more.
 */
public final class ImageCandidates {
  /**
   * What was not held against the same layout says nothing, and comes after what speaks for one.
   */
  private static final int UNKNOWN = Integer.MAX_VALUE;

  /** A build and where the guest has it. */
  public static final class Candidate {
    private final PackageSignature signature;
    private final ImagePlacement placement;
    private final ImagePlacement.Fit fit;
    private int contradictions = UNKNOWN;

    private Candidate(
        PackageSignature signature, ImagePlacement placement, ImagePlacement.Fit fit) {
      this.signature = signature;
      this.placement = placement;
      this.fit = fit;
    }

    /** The build. */
    public PackageSignature signature() {
      return signature;
    }

    /** Bytes between where its image is linked and where the guest has it. */
    public long slide() {
      return fit.slide();
    }

    /** Whether it differs from all that were tried just where these do not explain the guest. */
    public boolean contradictsNothing() {
      return contradictions == 0;
    }

    private boolean liesWhere(Candidate other) {
      return slide() + signature.base() == other.slide() + other.signature.base();
    }
  }

  private static final Comparator<Candidate> LIKELIEST_FIRST =
      Comparator.comparingInt((Candidate each) -> each.contradictions)
          .thenComparing(
              Comparator.comparingDouble((Candidate each) -> each.fit.share()).reversed())
          .thenComparing(each -> each.signature.id().value());

  /** Shares of equal bytes that differ by less say nothing: boots patch as much. */
  private static final double FITS_AS_WELL = 0.1;

  private final List<Candidate> all;
  private final List<Candidate> untried;

  private ImageCandidates(List<Candidate> all) {
    this.all = List.copyOf(all);
    this.untried = new ArrayList<>(all);
  }

  /**
   * Those of the packages among {@code signatures} that fit.
   *
   * @param roots that may place a build
   */
  public static ImageCandidates of(
      GuestKernel kernel,
      List<HardwareRoot> roots,
      Collection<KernelSignature> signatures,
      ImageLibrary library) {
    VirtualMemory memory = new VirtualMemory(kernel.space());
    RootTargets targets = RootTargets.of(roots);
    List<Candidate> candidates = new ArrayList<>();
    for (KernelSignature each : signatures) {
      if (each instanceof PackageSignature packaged && packaged.mode() == kernel.mode()) {
        ImagePlacement placement = library.placement(packaged);
        placement
            .fit(targets, memory)
            .ifPresent(fit -> candidates.add(new Candidate(packaged, placement, fit)));
      }
    }
    return new ImageCandidates(candidates);
  }

  /**
   * The one that explained a guest of late, if it is one of several that fit as well as any: fleets
   * run the same builds over and over. None if another has the very same pages, so that the answer
   * does not depend on what was seen before. Whether it is tried or not, it stays one of the
   * others.
   */
  public Optional<Candidate> favourite(ImageLibrary library) {
    double best = untried.stream().mapToDouble(each -> each.fit.share()).max().orElse(0);
    return library.lately().stream()
        .flatMap(id -> untried.stream().filter(each -> each.signature.id().equals(id)))
        .filter(each -> untried.size() > 1 && each.fit.share() > best - FITS_AS_WELL)
        .findFirst()
        .filter(
            each ->
                untried.stream()
                    .noneMatch(
                        other -> other != each && other.placement.hasPagesOf(each.placement)));
  }

  /** Whether no build fits. */
  public boolean isEmpty() {
    return all.isEmpty();
  }

  /**
   * Whether a guest would be asked again and again and be found to run {@code build}, of which some
   * bytes are not explained: all others differ from it in more pages than that could be a sign of
   * them, so that it is tried early and explains most.
   *
   * @param layout of its image
   * @param modified pages that it does not explain
   * @param unexplained bytes of them
   */
  public boolean isFarFromOthers(
      PackageSignature build, ImageLayout layout, int modified, long unexplained) {
    Optional<Candidate> own =
        all.stream().filter(each -> each.signature.id().equals(build.id())).findFirst();
    return own.isPresent()
        && all.stream()
            .filter(each -> each != own.get())
            .allMatch(
                each ->
                    each.liesWhere(own.get())
                        && each.placement.contradictions(own.get().placement, layout, new BitSet())
                            > 2L * modified + unexplained);
  }

  /** The likeliest of those that were not asked for yet. */
  public Optional<Candidate> next() {
    Optional<Candidate> likeliest = untried.stream().min(LIKELIEST_FIRST);
    likeliest.ifPresent(untried::remove);
    return likeliest;
  }

  /**
   * The likeliest, now that one was held against the guest and does not explain all of it.
   *
   * @param tried the one
   * @param layout of its image
   * @param workspace that it was held against the guest in
   */
  public Optional<Candidate> nextAfter(Candidate tried, ImageLayout layout, Workspace workspace) {
    BitSet unexplained = workspace.unexplainedPages(layout.verifiedBytes());
    for (Candidate each : untried) {
      if (each.liesWhere(tried)) {
        int more = each.placement.contradictions(tried.placement, layout, unexplained);
        each.contradictions = each.contradictions == UNKNOWN ? more : each.contradictions + more;
      }
    }
    return next();
  }
}
