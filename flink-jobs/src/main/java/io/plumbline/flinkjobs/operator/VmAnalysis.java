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
import io.plumbline.flinkjobs.state.VcpuRecord;
import io.plumbline.flinkjobs.state.VcpuSet;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.flinkjobs.state.VmThread;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageDelta;
import io.plumbline.introspection.memory.PageDeltaException;
import io.plumbline.introspection.memory.PageDigest;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.Judge;
import io.plumbline.introspection.trust.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.LongSupplier;

/** Applies one VM's observations to what is kept of it, and judges it at capture boundaries. */
final class VmAnalysis {
  private final Judge judge;
  private final SharedImages images;
  private final LongSupplier nanoClock;

  /**
   * @param images that pages are kept as differences from
   * @param nanoClock for the timing metric alone
   */
  VmAnalysis(Judge judge, SharedImages images, LongSupplier nanoClock) {
    this.judge = judge;
    this.images = images;
    this.nanoClock = nanoClock;
  }

  /** Takes one observation of the VM that {@code memory} is about. */
  void observe(VmObservation next, VmMemory memory, GrowingBook book, Reports reports) {
    VmThread before = memory.thread();
    Ruling ruling = CaptureProtocol.rule(before, next);
    if (ruling.move() == Move.STORE) {
      ruling = store(ruling, next, memory, reports);
    } else if (ruling.move() == Move.COMPLETE && isDue(ruling.thread(), book)) {
      ruling = judge(ruling, next, memory, book, reports);
    }
    reports.counted(ruling.move());
    switch (ruling.move()) {
      case FORGET -> {
        retire(next.stamp(), memory, reports);
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
    try {
      memory.keepThread(judge(vmId, thread, memory, book, reports));
    } catch (PagesLostException e) {
      // Only an observation says whom to ask: the end of the next round does.
      memory.keepThread(CaptureProtocol.lost(thread, thread.nextSequence()));
      memory.keepPublished(News.stale(published, stampOf(vmId, thread), e.getMessage(), reports));
    }
  }

  private Ruling store(Ruling ruling, VmObservation pages, VmMemory memory, Reports reports) {
    CapturedPages captured = new CapturedPages(memory, images);
    try {
      for (PageRecord page : pages.pages()) {
        captured.keep(page.frame(), content(page, captured));
      }
    } catch (PageDeltaException e) {
      refuse(pages, e.getMessage(), reports);
      return CaptureProtocol.lose(ruling.thread(), pages, e.getMessage());
    } catch (PagesLostException e) {
      return CaptureProtocol.lose(ruling.thread(), pages, e.getMessage());
    }
    for (long frame : pages.withdrawn()) {
      captured.drop(frame);
    }
    captured.flush();
    boolean changes = !pages.pages().isEmpty() || pages.withdrawn().length > 0;
    VmThread thread = ruling.thread();
    return new Ruling(thread.withChanged(thread.changed() || changes), Move.STORE, "");
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
    return new Ruling(ruling.thread().withChanged(true), ruling.move(), "");
  }

  private Ruling judge(
      Ruling ruling, VmObservation boundary, VmMemory memory, GrowingBook book, Reports reports) {
    try {
      VmThread judged = judge(boundary.vmId(), ruling.thread(), memory, book, reports);
      return new Ruling(judged, ruling.move(), "");
    } catch (PagesLostException e) {
      return CaptureProtocol.lose(ruling.thread(), boundary, e.getMessage());
    }
  }

  /** Something else than what was judged, or by something else. */
  private static boolean isDue(VmThread thread, GrowingBook book) {
    return thread.changed() || (thread.awaitsSignature() && !book.mayGrow());
  }

  /** The thread with everything judged. */
  private VmThread judge(
      String vmId, VmThread thread, VmMemory memory, GrowingBook book, Reports reports) {
    long started = nanoClock.getAsLong();
    List<VcpuState> vcpus = memory.vcpus().vcpus().stream().map(VcpuRecord::toDomain).toList();
    CapturedPages pages = new CapturedPages(memory, images);
    Verdict verdict = judge.judge(new Guest(vmId, new VerdictPages(pages), vcpus), book);
    memory.keepPublished(News.publish(memory.published(), verdict, stampOf(vmId, thread), reports));
    PageShrinking.after(verdict.identity(), vcpus, memory, pages, images);
    reports.judged(nanoClock.getAsLong() - started);
    boolean awaits = verdict.identity().state() != Identity.State.EXACT && book.mayGrow();
    return thread.withChanged(false).withAwaitsSignature(awaits);
  }

  private static RoundStamp stampOf(String vmId, VmThread thread) {
    return new RoundStamp(vmId, thread.epoch(), thread.round(), thread.capturedAtMicros());
  }

  private static void lose(
      VmThread before, VmObservation at, String reason, VmMemory memory, Reports reports) {
    reports.resync(request(before, at, reason));
    memory.keepPublished(News.stale(memory.published(), at.stamp(), reason, reports));
  }

  private static void retire(RoundStamp stamp, VmMemory memory, Reports reports) {
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
