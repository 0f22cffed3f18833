package io.plumbline.ingest.wire;

import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.Observation.Body;
import io.plumbline.ingest.capture.Observation.Withdrawal;
import io.plumbline.ingest.capture.Observation.WithdrawnFrame;
import io.plumbline.ingest.capture.PagesMode;
import io.plumbline.ingest.capture.RoundTotals;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageDelta;
import io.plumbline.introspection.memory.PageDeltaException;
import io.plumbline.introspection.memory.PageDigest;
import io.plumbline.schemas.CaptureBoundary;
import io.plumbline.schemas.LifeCycle;
import io.plumbline.schemas.LifeCycleEvent;
import io.plumbline.schemas.PageChange;
import io.plumbline.schemas.PageDeltas;
import io.plumbline.schemas.PageEncoding;
import io.plumbline.schemas.Sha256;
import io.plumbline.schemas.VcpuStates;
import io.plumbline.schemas.WithdrawalReason;
import io.plumbline.schemas.wire.WireFormatException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Between our observations and the contract's. */
public final class ObservationMapping {
  private ObservationMapping() {}

  /** The contract's form. */
  public static io.plumbline.schemas.Observation toRecord(Observation observation) {
    CapturedVm vm = observation.vm();
    return new io.plumbline.schemas.Observation(
        vm.vmId(),
        vm.hostId(),
        vm.collectorEpoch(),
        observation.sequence(),
        observation.capturedAt(),
        body(observation.body()));
  }

  /**
   * Our form.
   *
   * @throws WireFormatException if a value is out of its range
   */
  public static Observation fromRecord(io.plumbline.schemas.Observation record)
      throws WireFormatException {
    try {
      return new Observation(
          new CapturedVm(record.getVmId(), record.getHostId(), record.getCollectorEpoch()),
          record.getSequence(),
          record.getCapturedAt(),
          body(record.getBody()));
    } catch (IllegalArgumentException | PageDeltaException e) {
      throw new WireFormatException(
          String.format(
              "observation %d/%d of %s: %s",
              record.getCollectorEpoch(), record.getSequence(), record.getVmId(), e.getMessage()),
          e);
    }
  }

  private static Object body(Body body) {
    if (body instanceof Observation.PageDeltas deltas) {
      return new PageDeltas(
          deltas.round(),
          deltas.snapshot(),
          deltas.pages().stream().map(ObservationMapping::change).toList(),
          deltas.withdrawn().stream().map(ObservationMapping::withdrawn).toList());
    }
    if (body instanceof Observation.VcpuStates states) {
      return new VcpuStates(
          states.round(),
          states.snapshot(),
          states.vcpus().stream().map(VcpuMapping::toRecord).toList());
    }
    if (body instanceof Observation.CaptureBoundary boundary) {
      RoundTotals totals = boundary.totals();
      return new CaptureBoundary(
          boundary.round(),
          boundary.snapshot(),
          io.plumbline.schemas.PagesMode.valueOf(boundary.pagesMode().name()),
          boundary.firstSequence(),
          totals.watched(),
          totals.changed(),
          totals.withdrawn(),
          totals.unreadable(),
          boundary.paused());
    }
    Observation.LifeCycle lifeCycle = (Observation.LifeCycle) body;
    return new LifeCycle(LifeCycleEvent.valueOf(lifeCycle.event().name()), lifeCycle.detail());
  }

  private static Body body(Object body) throws PageDeltaException {
    if (body instanceof PageDeltas deltas) {
      return new Observation.PageDeltas(
          deltas.getRound(),
          deltas.getSnapshot(),
          changes(deltas),
          deltas.getWithdrawn().stream().map(ObservationMapping::withdrawn).toList());
    }
    if (body instanceof VcpuStates states) {
      List<VcpuState> vcpus = states.getVcpus().stream().map(VcpuMapping::fromRecord).toList();
      return new Observation.VcpuStates(states.getRound(), states.getSnapshot(), vcpus);
    }
    if (body instanceof CaptureBoundary boundary) {
      return new Observation.CaptureBoundary(
          boundary.getRound(),
          boundary.getSnapshot(),
          PagesMode.valueOf(boundary.getPagesMode().name()),
          boundary.getFirstSequence(),
          new RoundTotals(
              boundary.getFramesWatched(),
              boundary.getFramesChanged(),
              boundary.getFramesWithdrawn(),
              boundary.getFramesUnreadable()),
          boundary.getPaused());
    }
    if (body instanceof LifeCycle lifeCycle) {
      return new Observation.LifeCycle(
          Observation.LifeCycle.Event.valueOf(lifeCycle.getEvent().name()), lifeCycle.getDetail());
    }
    throw new IllegalArgumentException("body: expected one of the contract's, found another");
  }

  private static PageChange change(PageDelta delta) {
    return new PageChange(
        delta.frame().value(),
        PageEncoding.valueOf(delta.encoding().name()),
        ByteBuffer.wrap(delta.payload()),
        new Sha256(delta.digest().toByteArray()));
  }

  private static List<PageDelta> changes(PageDeltas deltas) throws PageDeltaException {
    List<PageDelta> pages = new ArrayList<>(deltas.getPages().size());
    for (PageChange change : deltas.getPages()) {
      byte[] payload = new byte[change.getPayload().remaining()];
      change.getPayload().duplicate().get(payload);
      pages.add(
          PageDelta.of(
              new FrameNumber(change.getFrame()),
              PageDelta.Encoding.valueOf(change.getEncoding().name()),
              payload,
              PageDigest.fromByteArray(change.getDigest().bytes())));
    }
    return pages;
  }

  private static io.plumbline.schemas.WithdrawnFrame withdrawn(WithdrawnFrame frame) {
    return new io.plumbline.schemas.WithdrawnFrame(
        frame.frame().value(), WithdrawalReason.valueOf(frame.reason().name()));
  }

  private static WithdrawnFrame withdrawn(io.plumbline.schemas.WithdrawnFrame frame) {
    return new WithdrawnFrame(
        new FrameNumber(frame.getFrame()), Withdrawal.valueOf(frame.getReason().name()));
  }
}
