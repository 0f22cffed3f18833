package io.plumbline.cli.play;

import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.ObservationSink;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Tells recorded observations as if a collector saw them now: in an epoch of its own, since a
 * stream takes what it has heard of an epoch before for a repetition. A recording of several epochs
 * keeps their distances.
 */
public final class Retelling<E extends Exception> implements ObservationSink<E> {
  private final long epoch;
  private final Optional<String> vmId;
  private final ObservationSink<E> out;
  private final Map<String, Long> firstEpochs = new HashMap<>();

  /**
   * @param epoch what each guest's first epoch becomes, milliseconds since 1970
   * @param vmId the guest's new name; empty to keep the recorded one
   */
  public Retelling(long epoch, Optional<String> vmId, ObservationSink<E> out) {
    this.epoch = epoch;
    this.vmId = vmId;
    this.out = out;
  }

  @Override
  public void accept(Observation recorded) throws E {
    CapturedVm was = recorded.vm();
    firstEpochs.putIfAbsent(was.vmId(), was.collectorEpoch());
    long after = was.collectorEpoch() - firstEpochs.get(was.vmId());
    CapturedVm now = new CapturedVm(vmId.orElse(was.vmId()), was.hostId(), epoch + after);
    out.accept(new Observation(now, recorded.sequence(), recorded.capturedAt(), recorded.body()));
  }
}
