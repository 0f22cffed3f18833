package io.plumbline.ingest.capture;

import io.plumbline.ingest.capture.Observation.Body;
import io.plumbline.ingest.capture.Observation.CaptureBoundary;
import io.plumbline.ingest.capture.Observation.LifeCycle;
import io.plumbline.ingest.capture.Observation.VcpuStates;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageSource;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * The capture rounds of one virtual machine within one collector epoch: each says what changed
 * since the one before, and the first says everything. A round that a sink broke off is followed by
 * one that says everything again, so what a consumer holds after a boundary is always the guest at
 * that moment. For one thread.
 */
public final class CaptureRounds {
  private final CapturedVm vm;
  private final WatchedFrames watched;
  private final KeptPages kept;
  private FrameDigests stated = FrameDigests.EMPTY;
  private FrameSet unreadable = FrameSet.EMPTY;
  private boolean snapshotIsDue = true;
  private long nextSequence;
  private long nextRound;

  /**
   * Rounds of {@code vm}, from sequence number 0 on.
   *
   * @param mostKeptBytes content to keep in memory, so that small changes can be told as patches; 0
   *     for none
   */
  public CaptureRounds(CapturedVm vm, WatchedFrames watched, long mostKeptBytes) {
    this.vm = vm;
    this.watched = watched;
    this.kept = new KeptPages(mostKeptBytes);
  }

  /** Makes the next round say everything, as a consumer that lost the thread asks for. */
  public void restateEverything() {
    snapshotIsDue = true;
  }

  /** Says that something happened to the VM as a whole; the next round says everything. */
  public <E extends Exception> void lifeCycle(
      LifeCycle.Event event, String detail, Instant at, ObservationSink<E> out) throws E {
    snapshotIsDue = true;
    emit(new LifeCycle(event, detail), at, out);
  }

  /**
   * One round: the vCPUs, the changed frames, the boundary.
   *
   * @param memory the guest's memory, which must stand still meanwhile or be read as of one moment
   * @param at when the guest was in this state
   * @throws E if the sink refuses; the next round then says everything
   */
  public <E extends Exception> RoundTotals capture(
      PageSource memory, List<VcpuState> vcpus, Instant at, ObservationSink<E> out) throws E {
    boolean snapshot = snapshotIsDue;
    snapshotIsDue = true;
    if (snapshot) {
      stated = FrameDigests.EMPTY;
      unreadable = FrameSet.EMPTY;
      kept.forgetAll();
    }
    long round = nextRound++;
    long firstSequence = nextSequence;
    emit(new VcpuStates(round, snapshot, vcpus), at, out);
    DeltaBatch<E> batch = new DeltaBatch<>(vm, round, snapshot, deltas -> emit(deltas, at, out));
    FrameChanges changes = new FrameChanges(memory, kept, stated, unreadable);
    RoundTotals totals = changes.tell(watched.of(memory, vcpus), batch);
    // No source of memory that there is says whether the guest runs.
    emit(
        new CaptureBoundary(round, snapshot, watched.mode(), firstSequence, totals, false),
        at,
        out);
    stated = changes.nowStated();
    unreadable = changes.nowUnreadable();
    snapshotIsDue = false;
    return totals;
  }

  private <E extends Exception> void emit(Body body, Instant at, ObservationSink<E> out) throws E {
    out.accept(new Observation(vm, nextSequence++, at.truncatedTo(ChronoUnit.MICROS), body));
  }
}
