package io.plumbline.flinkjobs.state;

import java.util.List;

/**
 * One well-formed observation of one VM. Which of the last components are set depends on the kind.
 *
 * @param epoch the collector's epoch, milliseconds since 1970-01-01T00:00Z
 * @param sequence counts the VM's observations within the epoch from 0
 * @param capturedAtMicros when the guest was in this state, microseconds since 1970-01-01T00:00Z
 * @param round number of the capture round; 0 for life-cycle events
 * @param snapshot the round restates every watched frame
 * @param original the record as it was; null if no later step can refuse it
 * @param vcpus of {@link ObservationKind#VCPUS}
 * @param pages of {@link ObservationKind#PAGES}
 * @param withdrawn of {@link ObservationKind#PAGES}: frames whose earlier content no longer counts
 * @param counts of {@link ObservationKind#BOUNDARY}
 * @param paused of {@link ObservationKind#BOUNDARY}: the VM does not run
 */
public record VmObservation(
    String vmId,
    String hostId,
    long epoch,
    long sequence,
    long capturedAtMicros,
    ObservationKind kind,
    long round,
    boolean snapshot,
    Origin origin,
    byte[] original,
    List<VcpuRecord> vcpus,
    List<PageRecord> pages,
    long[] withdrawn,
    RoundCounts counts,
    boolean paused) {
  /** The round this observation belongs to, as results name it. */
  public RoundStamp stamp() {
    return new RoundStamp(vmId, epoch, round, capturedAtMicros);
  }
}
