package io.plumbline.cli.fleet;

import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.Observation.Body;
import io.plumbline.ingest.capture.Observation.CaptureBoundary;
import io.plumbline.ingest.capture.Observation.PageDeltas;
import io.plumbline.ingest.capture.Observation.VcpuStates;
import io.plumbline.ingest.capture.ObservationSink;
import io.plumbline.ingest.capture.PagesMode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** One VM of the fleet: a model's guest under a name of its own. For one thread. */
final class SimulatedVm {
  private final CapturedVm vm;
  private final GuestModel model;
  private final boolean busy;
  private int state;
  private long sequence;
  private long round;

  /**
   * @param busy whether the guest is at work; one that was never seen so cannot be
   */
  SimulatedVm(String vmId, long epoch, GuestModel model, boolean busy) {
    this.vm = new CapturedVm(vmId, "simulated", epoch);
    this.model = model;
    this.busy = busy;
    this.state = busy ? model.busyAfter(model.clean()) : model.clean();
  }

  String vmId() {
    return vm.vmId();
  }

  GuestModel model() {
    return model;
  }

  int state() {
    return state;
  }

  boolean isBusy() {
    return busy;
  }

  /** The state that comes next if nobody tampers with the guest. */
  int untampered() {
    return busy ? model.busyAfter(state) : model.quietAfter(state);
  }

  /** Number of the round that comes next. */
  long nextRound() {
    return round;
  }

  boolean isTampered() {
    return model.tampered().contains(state);
  }

  /** The first round, which says everything. */
  <E extends Exception> void begin(Instant at, ObservationSink<E> out) throws E {
    tell(model.snapshot(state), true, at, out);
  }

  /** A round in which the guest is found in another state. */
  <E extends Exception> void become(int next, Instant at, ObservationSink<E> out) throws E {
    GuestModel.Told change = model.change(state, next);
    state = next;
    tell(change, false, at, out);
  }

  private <E extends Exception> void tell(
      GuestModel.Told told, boolean snapshot, Instant at, ObservationSink<E> out) throws E {
    long first = sequence;
    emit(new VcpuStates(round, snapshot, model.vcpus(state)), at, out);
    for (PageDeltas batch : told.batches()) {
      emit(new PageDeltas(round, snapshot, batch.pages(), batch.withdrawn()), at, out);
    }
    emit(
        new CaptureBoundary(round, snapshot, PagesMode.KERNEL, first, told.totals(), false),
        at,
        out);
    round++;
  }

  private <E extends Exception> void emit(Body body, Instant at, ObservationSink<E> out) throws E {
    out.accept(new Observation(vm, sequence++, at.truncatedTo(ChronoUnit.MICROS), body));
  }
}
