package io.plumbline.introspection.bench;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.reach.Sharing;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.PreparedBuild;
import io.plumbline.introspection.trust.Timings;
import io.plumbline.introspection.trust.Verdict;
import io.plumbline.introspection.verify.image.ImageCandidates;
import io.plumbline.introspection.verify.image.ImageLibrary;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Measures what the first verdict on a VM costs, on one thread, for one VM after the other of the
 * same build: the first one that the process sees, and one after many, which has much in common
 * with those before. Guests are boots of one kernel, taken in turn; nothing of a VM is kept. What
 * the first one needs of the kernel's package is derived before, as a job does it, or left to the
 * first one.
 */
public final class ColdBenchmark {
  /** The last of the VMs are taken together. */
  private static final int LAST = 20;

  /** How often each guest of another kernel is judged before. */
  private static final int BEFORE = 60;

  private static final double MILLIS = 1e6;

  /**
   * What a verdict took, in milliseconds.
   *
   * @param verify to find the build, compare every byte, and make findings of what is seen
   * @param explore to walk the page tables, and follow code and data to the fixpoint
   */
  public record Cost(double verify, double explore) {
    /** Together. */
    public double total() {
      return verify + explore;
    }
  }

  /**
   * What was derived before the first VM was judged. A process has one first VM of a kernel, so one
   * that is not prepared is measured in a run of its own, or told from the sum.
   *
   * @param builds that the guests may run, by their outlines
   * @param millis that it took, together
   */
  public record Ahead(int builds, double millis) {}

  /**
   * What was measured.
   *
   * @param ahead empty if nothing was prepared
   * @param first of the first VM of its kernel that the process sees
   * @param last median of the last VMs
   * @param alone median of the same, measured after it, if every VM is explored by itself
   * @param later median after as many VMs more, when the process has compiled what it does
   * @param exploredAlone how many of the VMs had too little in common with those before
   */
  public record Result(
      int vms,
      Optional<Ahead> ahead,
      Cost first,
      Cost last,
      Cost alone,
      Cost later,
      long exploredAlone) {
    /** What the first VM would have cost, had it had to wait for what was prepared. */
    public Cost unprepared() {
      return new Cost(first.verify() + ahead.map(Ahead::millis).orElse(0.0), first.explore());
    }

    /** How much less one costs later than if each were explored by itself. */
    public double ratio() {
      return alone.total() / later.total();
    }
  }

  private ColdBenchmark() {}

  /**
   * Measures.
   *
   * @param others guests of other kernels, which the process has been at work for; may be none
   * @param guests boots of one kernel
   * @param vms how many are judged, at least {@value #LAST} more than there are guests
   * @param prepares whether the package is prepared before the first VM
   * @throws UnfitGuestException if the build of one is not known exactly
   */
  public static Result on(
      List<Guest> others,
      List<Guest> guests,
      SignatureBook book,
      int vms,
      boolean prepares,
      LongSupplier nanoClock)
      throws UnfitGuestException {
    JudgeSettings settings = JudgeSettings.WITHOUT_TEXT;
    judged(new KernelJudge(settings, nanoClock), others, book, BEFORE * others.size());
    if (!prepares) {
      return cold(Optional.empty(), guests, book, vms, nanoClock);
    }
    List<PreparedBuild> held = new ArrayList<>();
    try {
      List<PackageSignature> builds = candidates(guests.get(0), book, settings);
      long start = nanoClock.getAsLong();
      for (PackageSignature build : builds) {
        new KernelJudge(settings, nanoClock).prepare(build, book).ifPresent(held::add);
      }
      Ahead ahead = new Ahead(held.size(), (nanoClock.getAsLong() - start) / MILLIS);
      return cold(Optional.of(ahead), guests, book, vms, nanoClock);
    } finally {
      Reference.reachabilityFence(held);
    }
  }

  private static Result cold(
      Optional<Ahead> ahead,
      List<Guest> guests,
      SignatureBook book,
      int vms,
      LongSupplier nanoClock)
      throws UnfitGuestException {
    JudgeSettings settings = JudgeSettings.WITHOUT_TEXT;
    Sharing explorations = ImageLibrary.ofThisProcess().sharing().get("explorations");
    final long aloneBefore = explorations.timesMade();
    List<Cost> shared = judged(new KernelJudge(settings, nanoClock), guests, book, vms);
    final long exploredAlone = explorations.timesMade() - aloneBefore;
    List<Cost> alone =
        judged(KernelJudge.exploringEachGuest(settings, nanoClock), guests, book, vms);
    List<Cost> again = judged(new KernelJudge(settings, nanoClock), guests, book, vms);
    return new Result(
        vms, ahead, shared.get(0), median(shared), median(alone), median(again), exploredAlone);
  }

  /** Builds that a guest may run. Outlines are asked, which are in memory; nothing is derived. */
  private static List<PackageSignature> candidates(
      Guest guest, SignatureBook book, JudgeSettings settings) {
    List<PackageSignature> builds = new ArrayList<>();
    GuestKernel.of(guest.memory(), guest.vcpus(), settings.budget())
        .kernel()
        .ifPresent(
            kernel -> {
              ImageCandidates candidates =
                  ImageCandidates.of(
                      kernel, kernel.roots(), book.signatures(), ImageLibrary.ofThisProcess());
              for (Optional<ImageCandidates.Candidate> next = candidates.next();
                  next.isPresent();
                  next = candidates.next()) {
                builds.add(next.get().signature());
              }
            });
    return builds;
  }

  private static List<Cost> judged(
      KernelJudge judge, List<Guest> guests, SignatureBook book, int vms)
      throws UnfitGuestException {
    List<Cost> costs = new ArrayList<>();
    for (int i = 0; i < vms; i++) {
      Guest guest = guests.get(i % guests.size());
      Verdict verdict = judge.judge(guest, book);
      if (verdict.identity().state() != Identity.State.EXACT) {
        throw new UnfitGuestException(
            guest.vmId()
                + ": expected a guest whose build is known, found "
                + verdict.identity().state());
      }
      Timings took = verdict.timings();
      costs.add(
          new Cost(
              (took.verifyNanos() + took.identifyNanos()) / MILLIS, took.exploreNanos() / MILLIS));
    }
    return costs;
  }

  private static Cost median(List<Cost> costs) {
    List<Cost> last = new ArrayList<>(costs.subList(costs.size() - LAST, costs.size()));
    last.sort(Comparator.comparingDouble(Cost::total));
    return last.get(LAST / 2);
  }
}
