package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.ObservationKind;
import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.PageForm;
import io.plumbline.flinkjobs.state.PageRecord;
import io.plumbline.flinkjobs.state.RoundCounts;
import io.plumbline.flinkjobs.state.VcpuRecord;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageDelta;
import io.plumbline.introspection.memory.PageDigest;
import io.plumbline.introspection.reach.ConsultedFrames;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A collector's side of the story of one VM: what it would publish, in order. */
public final class CaptureScript {
  private final String vmId;
  private final long epoch;
  private final Map<Long, byte[]> memory = new TreeMap<>();
  private final List<VmObservation> published = new ArrayList<>();
  private long sequence;
  private long round = -1;
  private VcpuRecord vcpu = vcpu(1);
  private boolean paused;
  private long startedAtMicros;

  public CaptureScript(String vmId, long epoch) {
    this.vmId = vmId;
    this.epoch = epoch;
  }

  /** Everything so far. */
  public List<VmObservation> observations() {
    return List.copyOf(published);
  }

  VmObservation last() {
    return published.get(published.size() - 1);
  }

  public CaptureScript lstar(long value) {
    vcpu = vcpu(value);
    return this;
  }

  /** From now on captures are as of so much later, or earlier if it is negative. */
  CaptureScript later(long micros) {
    startedAtMicros += micros;
    return this;
  }

  /** From now on boundaries say that the VM is paused, or that it runs. */
  CaptureScript paused(boolean now) {
    paused = now;
    return this;
  }

  /** A page whose first three bytes are these. */
  public static byte[] page(int first, int second, int third) {
    byte[] page = new byte[PageBytes.SIZE];
    page[0] = (byte) first;
    page[1] = (byte) second;
    page[2] = (byte) third;
    return page;
  }

  /** A snapshot of a clean guest of this build. */
  public CaptureScript cleanSnapshot(int build) {
    for (long frame = 0; frame < ContentJudge.FRAMES; frame++) {
      memory.put(frame, page(frame == 0 ? build : 1, 0, 0));
    }
    return snapshot();
  }

  /** A round of everything that a verdict on this guest rests on: all, or what changed of it. */
  public CaptureScript capture(SyntheticGuest guest) {
    Set<FrameNumber> frames =
        new TreeSet<>(
            ConsultedFrames.of(guest.pages(), List.of(guest.vcpu()), ExplorationBudget.STANDARD));
    // Of a kernel as small as this one, its data is not told from a program's.
    guest.mapped().stream()
        .filter(page -> page.size() == PageBytes.SIZE)
        .forEach(page -> frames.add(new FrameNumber(page.frame())));
    Map<Long, byte[]> now = new TreeMap<>();
    for (FrameNumber frame : frames) {
      guest.pages().read(frame).ifPresent(page -> now.put(frame.value(), page.toByteArray()));
    }
    vcpu = VcpuRecords.of(guest.vcpu());
    if (memory.isEmpty()) {
      memory.putAll(now);
      return snapshot();
    }
    now.entrySet().removeIf(page -> Arrays.equals(page.getValue(), memory.get(page.getKey())));
    return patches(now);
  }

  /** The content of every frame so far. */
  Map<Long, byte[]> memory() {
    return memory;
  }

  /** A round that restates everything. */
  public CaptureScript snapshot() {
    List<PageRecord> pages = new ArrayList<>();
    memory.forEach((frame, content) -> pages.add(full(frame, content)));
    return round(true, List.of(pages), List.of());
  }

  /** A round in which these frames change, told as patches, one record each. */
  public CaptureScript patches(Map<Long, byte[]> changes) {
    List<List<PageRecord>> batches = new ArrayList<>();
    changes.forEach((frame, content) -> batches.add(List.of(patch(frame, content))));
    memory.putAll(changes);
    return round(false, batches, List.of());
  }

  /** A round of these records. */
  public CaptureScript round(
      boolean snapshot, List<List<PageRecord>> batches, List<Long> withdrawn) {
    round++;
    long first = sequence;
    publish(ObservationKind.VCPUS, snapshot, List.of(vcpu), List.of(), List.of(), null);
    long changed = 0;
    for (List<PageRecord> batch : batches) {
      publish(ObservationKind.PAGES, snapshot, List.of(), batch, List.of(), null);
      changed += batch.size();
    }
    if (!withdrawn.isEmpty()) {
      publish(ObservationKind.PAGES, snapshot, List.of(), List.of(), withdrawn, null);
    }
    RoundCounts counts = new RoundCounts(first, changed, withdrawn.size());
    publish(ObservationKind.BOUNDARY, snapshot, List.of(), List.of(), List.of(), counts);
    return this;
  }

  public CaptureScript event(ObservationKind kind) {
    publish(kind, false, List.of(), List.of(), List.of(), null);
    return this;
  }

  static PageRecord full(long frame, byte[] content) {
    PageDigest digest = PageDigest.of(PageBytes.wrap(content));
    return new PageRecord(frame, PageForm.FULL, content, digest.toByteArray());
  }

  private PageRecord patch(long frame, byte[] content) {
    PageBytes after = PageBytes.wrap(content);
    PageDelta delta =
        PageDelta.between(
            new FrameNumber(frame), PageBytes.wrap(memory.get(frame)), after, PageDigest.of(after));
    PageForm form = PageForm.valueOf(delta.encoding().name());
    return new PageRecord(frame, form, delta.payload(), delta.digest().toByteArray());
  }

  private static VcpuRecord vcpu(long lstar) {
    long[] msrs = new long[9];
    msrs[2] = lstar;
    return new VcpuRecord(
        0, new long[4], new long[18], new long[32], new long[4], msrs, new long[6]);
  }

  private void publish(
      ObservationKind kind,
      boolean snapshot,
      List<VcpuRecord> vcpus,
      List<PageRecord> pages,
      List<Long> withdrawn,
      RoundCounts counts) {
    published.add(
        new VmObservation(
            vmId,
            "host-1",
            epoch,
            sequence,
            startedAtMicros + 1_000_000L * Math.max(round, 0),
            kind,
            Math.max(round, 0),
            snapshot,
            new Origin("observations", 0, sequence, -1),
            new byte[] {42},
            vcpus,
            pages,
            withdrawn.stream().mapToLong(Long::longValue).toArray(),
            counts,
            paused && kind == ObservationKind.BOUNDARY));
    sequence++;
  }
}
