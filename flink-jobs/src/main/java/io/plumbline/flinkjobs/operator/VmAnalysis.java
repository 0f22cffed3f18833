package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.operator.CaptureProtocol.Ruling;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.PageForm;
import io.plumbline.flinkjobs.state.PageRecord;
import io.plumbline.flinkjobs.state.Phase;
import io.plumbline.flinkjobs.state.PublishedVerdict;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.ResyncRecord;
import io.plumbline.flinkjobs.state.RoundStamp;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.flinkjobs.state.VcpuSet;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.flinkjobs.state.VmPulse;
import io.plumbline.flinkjobs.state.VmThread;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageDelta;
import io.plumbline.introspection.memory.PageDeltaException;
import io.plumbline.introspection.memory.PageDigest;
import io.plumbline.introspection.trust.Judge;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Applies one VM's observations to what is kept of it, and judges it at capture boundaries.
 *
 * <p>A VM whose rounds change faster than its share of verdicts allows rests after each of them:
 * its rounds are taken in, and the last complete one is judged when the rest is over. So whatever
 * one VM does, the others wait for one of its verdicts at most.
 */
final class VmAnalysis {
  private final SharedImages images;
  private final AnalysisSettings settings;
  private final LivenessWatch liveness;
  private final PageForms forms = new PageForms();
  private final FollowedVms followed;
  private final VmVerdicts verdicts;

  /**
   * @param images that pages are kept as differences from
   * @param places of VMs that are followed, as a rule those of the process
   * @param nanoClock says how long a verdict took; no verdict depends on it
   */
  VmAnalysis(
      Judge judge,
      SharedImages images,
      AnalysisSettings settings,
      FollowerPlaces places,
      LongSupplier nanoClock) {
    this.images = images;
    this.settings = settings;
    this.liveness = new LivenessWatch(settings);
    this.followed = new FollowedVms(places);
    this.verdicts = new VmVerdicts(judge, images, forms, followed, nanoClock);
  }

  /** Forgets what only makes verdicts cheaper; nothing is observed any more. */
  void close() {
    followNobody();
    forms.close();
  }

  /** Has every VM judged from scratch when it is judged next. */
  void followNobody() {
    followed.forgetAll();
  }

  /** Takes one observation of the VM that {@code memory} is about. */
  void observe(
      VmObservation next, VmMemory memory, GrowingBook book, VmTimers timers, Reports reports) {
    VmThread before = memory.thread();
    Ruling ruling = CaptureProtocol.rule(before, next);
    hear(next, ruling, memory, timers, reports);
    if (ruling.move() == Move.STORE) {
      ruling = store(ruling, next, memory, reports);
    } else if (ruling.move() == Move.COMPLETE && isDue(ruling.thread(), book)) {
      ruling = judgeInTurn(ruling, next, memory, book, timers, reports);
    } else if (ruling.move() == Move.LOSE || ruling.move() == Move.FORGET) {
      judgeWaiting(next.vmId(), before, memory, book, timers, reports);
    }
    reports.counted(ruling.move());
    switch (ruling.move()) {
      case FORGET, RESET, BEGIN_SNAPSHOT, LOSE -> followed.forget(next.vmId());
      default -> {}
    }
    switch (ruling.move()) {
      case FORGET -> {
        retire(next.stamp(), memory, timers, reports);
        return;
      }
      case SUPERSEDED -> refuse(next, ruling.reason(), reports);
      case LOSE -> lose(before, next, ruling.reason(), memory, reports);
      case ASK_AGAIN -> reports.resync(request(before, next, ruling.reason()));
      case RESET -> memory.forgetCapture();
      case BEGIN_SNAPSHOT -> {
        memory.forgetCapture();
        memory.keepVcpus(new VcpuSet(next.vcpus()));
      }
      case BEGIN_ROUND -> ruling = keepVcpus(ruling, next, memory);
      case COMPLETE, STORE, DUPLICATE, SUPERSEDED_AGAIN, SKIP -> {}
    }
    if (!ruling.thread().equals(before)) {
      memory.keepThread(ruling.thread());
    }
  }

  /**
   * A signature was announced or revoked: judges the VM again if that may change its verdict. Only
   * a complete capture is judged; a VM inside a round is judged at the round's end.
   */
  void signatureChanged(
      String vmId, SignatureEntry entry, VmMemory memory, GrowingBook book, Reports reports) {
    VmThread thread = memory.thread();
    PublishedVerdict published = memory.published();
    if (thread == null || published == null || published.identity() == null) {
      return;
    }
    IdentityRecord identity = published.identity();
    boolean concerned =
        entry.revoked()
            ? entry.id().equals(identity.signature())
            : identity.state() != Identity.State.EXACT;
    if (!concerned) {
      return;
    }
    if (thread.phase() != Phase.AT_BOUNDARY) {
      memory.keepThread(thread.withChanged(true));
      return;
    }
    judgeUnasked(vmId, thread, memory, book, reports);
  }

  /** A timer of the VM fired: judges what waits if its rest is over, and looks for silence. */
  void wake(String vmId, VmMemory memory, GrowingBook book, VmTimers timers, Reports reports) {
    VmPulse pulse = memory.pulse();
    if (memory.thread() == null || pulse == null) {
      return;
    }
    if (pulse.wakesAt() != 0 && timers.nowMillis() >= pulse.wakesAt()) {
      boolean rests = timers.nowMillis() < pulse.restsUntil();
      if (rests && memory.thread().roundsWaiting() > 0) {
        // A boundary was judged before this timer came to it, and another one waits since.
        timers.wakeAt(pulse.restsUntil());
        memory.keepPulse(pulse.wakingAt(pulse.restsUntil()));
      } else {
        memory.keepPulse(pulse.wakingAt(0));
        judgeWaiting(vmId, memory.thread(), memory, book, timers, reports);
      }
    }
    liveness.check(memory.thread().stamp(vmId), memory, timers, reports);
  }

  /** What a superseded collector says is no sign of life of the VM. */
  private void hear(
      VmObservation next, Ruling ruling, VmMemory memory, VmTimers timers, Reports reports) {
    if (ruling.move() == Move.SUPERSEDED
        || ruling.move() == Move.SUPERSEDED_AGAIN
        || ruling.move() == Move.FORGET) {
      return;
    }
    VmPulse pulse = memory.pulse();
    boolean paused =
        switch (ruling.move()) {
          case COMPLETE -> next.paused();
          case RESET -> false;
          default -> pulse != null && pulse.paused();
        };
    liveness.heard(paused, ruling.thread().stamp(next.vmId()), memory, timers, reports);
  }

  /** Judges a boundary, or lets it wait if the VM rests. */
  private Ruling judgeInTurn(
      Ruling ruling,
      VmObservation boundary,
      VmMemory memory,
      GrowingBook book,
      VmTimers timers,
      Reports reports) {
    VmThread waiting = ruling.thread().withRoundsWaiting(ruling.thread().roundsWaiting() + 1);
    VmPulse pulse = memory.pulse();
    long now = timers.nowMillis();
    if (now >= pulse.restsUntil()) {
      Ruling judged =
          judge(new Ruling(waiting, ruling.move(), ""), boundary, memory, book, reports);
      rest(memory, now);
      return judged;
    }
    if (pulse.wakesAt() == 0) {
      timers.wakeAt(pulse.restsUntil());
      memory.keepPulse(pulse.wakingAt(pulse.restsUntil()));
    }
    return new Ruling(waiting, ruling.move(), "");
  }

  /** Judges what waits, if that is a complete capture; inside a round its end is judged. */
  private void judgeWaiting(
      String vmId,
      VmThread thread,
      VmMemory memory,
      GrowingBook book,
      VmTimers timers,
      Reports reports) {
    if (thread == null || thread.roundsWaiting() == 0 || thread.phase() != Phase.AT_BOUNDARY) {
      return;
    }
    long now = timers.nowMillis();
    judgeUnasked(vmId, thread, memory, book, reports);
    rest(memory, now);
  }

  /** After the verdict that began at {@code from}, by the job's clock. */
  private void rest(VmMemory memory, long from) {
    long nanos = verdicts.takeNanos();
    long took = TimeUnit.NANOSECONDS.toMillis(nanos);
    long rest = settings.restMillis(nanos);
    if (rest > 0) {
      memory.keepPulse(memory.pulse().restingUntil(from + took + rest));
    }
  }

  private void judgeUnasked(
      String vmId, VmThread thread, VmMemory memory, GrowingBook book, Reports reports) {
    try {
      memory.keepThread(verdicts.judge(vmId, thread, memory, book, reports));
    } catch (PagesLostException e) {
      // Only an observation says whom to ask: the end of the next round does.
      memory.keepThread(CaptureProtocol.lost(thread, thread.nextSequence()));
      memory.keepPublished(
          News.stale(
              memory.published(), Occasion.of(vmId, thread, memory), e.getMessage(), reports));
    }
  }

  private Ruling store(Ruling ruling, VmObservation pages, VmMemory memory, Reports reports) {
    VmThread thread = ruling.thread();
    Concern concern = new Concern(memory, thread.changed());
    try {
      CapturedPages captured = new CapturedPages(memory, images, forms);
      for (PageRecord page : pages.pages()) {
        FrameNumber frame = new FrameNumber(page.frame());
        byte[] content = content(page, captured);
        Optional<PageBytes> before = concern.before(frame, captured);
        captured.keep(page.frame(), content);
        concern.changed(frame, before, captured);
        followed.changed(pages.vmId(), page.frame());
      }
      for (long frame : pages.withdrawn()) {
        Optional<PageBytes> before = concern.before(new FrameNumber(frame), captured);
        captured.drop(frame);
        concern.changed(new FrameNumber(frame), before, captured);
        followed.changed(pages.vmId(), frame);
      }
      captured.flush();
    } catch (PageDeltaException e) {
      refuse(pages, e.getMessage(), reports);
      return CaptureProtocol.lose(ruling.thread(), pages, e.getMessage());
    } catch (PagesLostException e) {
      return CaptureProtocol.lose(ruling.thread(), pages, e.getMessage());
    }
    boolean changed = thread.changed() || concern.isConcerned();
    return new Ruling(thread.withChanged(changed), Move.STORE, "");
  }

  private static byte[] content(PageRecord page, CapturedPages captured) throws PageDeltaException {
    if (page.form() != PageForm.PATCH) {
      return page.payload();
    }
    FrameNumber frame = new FrameNumber(page.frame());
    PageDelta patch =
        PageDelta.of(
            frame,
            PageDelta.Encoding.PATCH,
            page.payload(),
            PageDigest.fromByteArray(page.digest()));
    return patch.apply(captured.read(frame)).toByteArray();
  }

  private static Ruling keepVcpus(Ruling ruling, VmObservation next, VmMemory memory) {
    VcpuSet known = memory.vcpus();
    if (known != null && known.sameAs(next.vcpus())) {
      return ruling;
    }
    memory.keepVcpus(new VcpuSet(next.vcpus()));
    boolean concerned = known == null || !known.hasTheKernelOf(next.vcpus());
    boolean changed = ruling.thread().changed() || concerned;
    return new Ruling(ruling.thread().withChanged(changed), ruling.move(), "");
  }

  private Ruling judge(
      Ruling ruling, VmObservation boundary, VmMemory memory, GrowingBook book, Reports reports) {
    try {
      VmThread judged = verdicts.judge(boundary.vmId(), ruling.thread(), memory, book, reports);
      return new Ruling(judged, ruling.move(), "");
    } catch (PagesLostException e) {
      return CaptureProtocol.lose(ruling.thread(), boundary, e.getMessage());
    }
  }

  /** Something else than what was judged, or by something else. */
  private static boolean isDue(VmThread thread, GrowingBook book) {
    return thread.changed() || (thread.awaitsSignature() && !book.mayGrow());
  }

  private static void lose(
      VmThread before, VmObservation at, String reason, VmMemory memory, Reports reports) {
    reports.resync(request(before, at, reason));
    Occasion occasion = new Occasion(at.stamp(), 0, memory.pulse());
    memory.keepPublished(News.stale(memory.published(), occasion, reason, reports));
  }

  private static void retire(RoundStamp stamp, VmMemory memory, VmTimers timers, Reports reports) {
    LivenessWatch.end(memory.pulse(), timers);
    PublishedVerdict published = memory.published();
    if (published != null) {
      News.close(published.findings(), stamp, reports);
    }
    memory.forgetAll();
  }

  private static ResyncRecord request(VmThread before, VmObservation at, String reason) {
    return new ResyncRecord(
        at.vmId(),
        at.hostId(),
        before == null ? null : before.epoch(),
        before == null ? null : before.nextSequence(),
        at.epoch(),
        at.sequence(),
        at.capturedAtMicros(),
        reason);
  }

  private static void refuse(VmObservation observation, String reason, Reports reports) {
    byte[] key = observation.vmId().getBytes(StandardCharsets.UTF_8);
    reports.refuse(new Refusal(observation.origin(), reason, key, observation.original()));
  }
}
