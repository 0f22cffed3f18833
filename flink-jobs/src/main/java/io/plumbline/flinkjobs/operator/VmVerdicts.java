package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.VcpuRecord;
import io.plumbline.flinkjobs.state.VerdictBasis;
import io.plumbline.flinkjobs.state.VmThread;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.Judge;
import io.plumbline.introspection.trust.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Judges VMs as they are kept, and has some of them followed from one verdict to the next. */
final class VmVerdicts {
  private final Judge judge;
  private final SharedImages images;
  private final PageForms forms;
  private final LongSupplier nanoClock;
  private final FollowedVms followed;
  private long lastNanos;

  /**
   * @param images that pages are kept as differences from
   * @param forms that pages are kept in
   * @param followed told of every verdict
   * @param nanoClock says how long a verdict took; no verdict depends on it
   */
  VmVerdicts(
      Judge judge,
      SharedImages images,
      PageForms forms,
      FollowedVms followed,
      LongSupplier nanoClock) {
    this.judge = judge;
    this.images = images;
    this.forms = forms;
    this.nanoClock = nanoClock;
    this.followed = followed;
  }

  /** How long the last verdict took, nanoseconds; 0 if somebody asked since. */
  long takeNanos() {
    long nanos = lastNanos;
    lastNanos = 0;
    return nanos;
  }

  /**
   * Judges a VM as it is kept.
   *
   * @return its thread, with everything judged
   * @throws PagesLostException if its pages cannot be told
   */
  VmThread judge(String vmId, VmThread thread, VmMemory memory, GrowingBook book, Reports reports) {
    long started = nanoClock.getAsLong();
    List<VcpuState> vcpus = memory.vcpus().vcpus().stream().map(VcpuRecord::toDomain).toList();
    CapturedPages pages = new CapturedPages(memory, images, forms);
    FollowedVm vm = followed.of(vmId, judge);
    Optional<List<FrameNumber>> changed = vm.changedSinceVerdict();
    Verdict verdict = verdict(vm, new Guest(vmId, pages, vcpus), book);
    keepBasis(Concern.basis(vm.relevance()), memory);
    Occasion occasion = Occasion.of(vmId, thread, memory);
    memory.keepPublished(News.publish(memory.published(), verdict, occasion, reports));
    PageShrinking.after(verdict.identity(), vcpus, pages, images, changed);
    reports.coalesced(occasion.roundsCoalesced());
    lastNanos = nanoClock.getAsLong() - started;
    reports.judged(lastNanos);
    boolean awaits = verdict.identity().state() != Identity.State.EXACT && book.mayGrow();
    return thread.withChanged(false).withAwaitsSignature(awaits).withRoundsWaiting(0);
  }

  private static void keepBasis(VerdictBasis basis, VmMemory memory) {
    VerdictBasis known = memory.basis();
    boolean same = basis == null ? known == null : basis.sameAs(known);
    if (!same) {
      memory.keepBasis(basis);
    }
  }

  private Verdict verdict(FollowedVm vm, Guest guest, GrowingBook book) {
    boolean told = false;
    try {
      Verdict verdict = vm.judge(guest, book, judge);
      followed.judged(vm);
      told = true;
      return verdict;
    } finally {
      if (!told) {
        // Half of a change may be taken in.
        followed.forget(guest.vmId());
      }
    }
  }
}
