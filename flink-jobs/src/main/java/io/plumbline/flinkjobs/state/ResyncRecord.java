package io.plumbline.flinkjobs.state;

/**
 * Asks a VM's collector for a snapshot round, for the resync-requests topic.
 *
 * @param expectedEpoch null if nothing was known of the VM
 * @param expectedSequence null if nothing was known of the VM
 * @param capturedAtMicros capture time of the observation that did not fit, microseconds since
 *     1970-01-01T00:00Z
 */
public record ResyncRecord(
    String vmId,
    String hostId,
    Long expectedEpoch,
    Long expectedSequence,
    long foundEpoch,
    long foundSequence,
    long capturedAtMicros,
    String reason) {}
