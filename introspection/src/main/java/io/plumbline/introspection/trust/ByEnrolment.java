package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.identify.EntryClosure;
import io.plumbline.introspection.identify.Identification;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.reach.Fixpoint;
import io.plumbline.introspection.reach.GuestKernel;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Judges a guest that no package of the book is placed in: names the build from one IDT entry,
 * holds roots, code and pointer tables against what was enrolled of it, and explores what the roots
 * reach.
 */
final class ByEnrolment {
  private final JudgeSettings settings;
  private final List<Integer> vectors;
  private final LongSupplier nanoClock;

  /**
   * @param vectors to name the build by, in turn until one fits
   * @param nanoClock measures the phases
   */
  ByEnrolment(JudgeSettings settings, List<Integer> vectors, LongSupplier nanoClock) {
    this.settings = settings;
    this.vectors = vectors;
    this.nanoClock = nanoClock;
  }

  /**
   * Judges a guest.
   *
   * @param before how long it took until now
   * @param canBeFollowed whether the outcome rests on nothing but this
   */
  Judged judged(
      Guest guest, GuestKernel kernel, SignatureBook book, Timings before, boolean canBeFollowed) {
    long read = nanoClock.getAsLong();
    Identification identification = identify(kernel, book);
    long identified = nanoClock.getAsLong();
    Optional<Examination.Outcome> examination =
        identification.placed().map(code -> Examination.of(guest, kernel, code, settings));
    long verified = nanoClock.getAsLong();
    Fixpoint all = ReachedCode.explored(kernel, settings.budget());
    ReachedCode reached = ReachedCode.of(all);
    long explored = nanoClock.getAsLong();
    List<Finding> findings = examination.map(Examination.Outcome::findings).orElse(List.of());
    List<String> blindSpots = KernelJudge.blindSpots(kernel, reached);
    Verdict verdict =
        new Verdict(
                identification.identity(),
                coverage(kernel, reached, examination),
                KernelJudge.trust(identification.identity(), findings, blindSpots),
                findings,
                blindSpots,
                new Timings(
                    before.exploreNanos() + explored - verified,
                    before.verifyNanos() + identified - read,
                    verified - identified))
            .alsoNotSeen(contradicted(guest));
    return new Judged(
        verdict,
        Optional.empty(),
        Optional.of(all),
        Optional.of(new CodeFrames(kernel)),
        canBeFollowed);
  }

  /** Names the build from one IDT entry, and places it. */
  Identification identify(GuestKernel kernel, SignatureBook book) {
    // Who names a build by its code goes through a good part of it.
    kernel.code().hold();
    Identification best = new Identification(Identity.unknown(vectors.get(0)), Optional.empty());
    Set<GuestVirtualAddress> tried = new HashSet<>();
    // All of them together get one budget: an entry takes half of what those before it left.
    long instructions = 0;
    long blocks = 0;
    for (int vector : vectors) {
      Optional<GuestVirtualAddress> handler = kernel.handler(vector);
      if (handler.isPresent() && tried.add(handler.get())) {
        EntryClosure closure =
            EntryClosure.of(
                vector,
                handler.get(),
                kernel.code(),
                kernel.mode(),
                settings.budget().halfWithout(instructions, blocks));
        instructions += closure.exploration().instructions();
        blocks += closure.exploration().blocks();
        Identification next = Identification.of(closure, book);
        best = next.betterThan(best) ? next : best;
        if (best.placed().isPresent()) {
          return best;
        }
      }
    }
    return best;
  }

  /** Without a package no monitor tells of EFER.NXE that the page tables contradict. */
  private static List<String> contradicted(Guest guest) {
    return guest.vcpus().stream()
        .filter(vcpu -> !vcpu.noExecute())
        .filter(vcpu -> AddressSpace.asMade(vcpu, guest.memory()).canForbidExecution())
        .map(vcpu -> "vCPU " + vcpu.index() + ": EFER.NXE is clear, but its page tables use XD")
        .toList();
  }

  private static Coverage coverage(
      GuestKernel kernel, ReachedCode reached, Optional<Examination.Outcome> examination) {
    long text = kernel.code().nonBlankBytes();
    long verified = examination.map(Examination.Outcome::verifiedBytes).orElse(0L);
    return new Coverage(
        kernel.executable().kernelBytes(),
        text,
        reached.directBytes(),
        OptionalLong.of(reached.fixpointBytes()),
        verified,
        Math.max(0, text - reached.fixpointBytes()),
        reached.byStep());
  }
}
