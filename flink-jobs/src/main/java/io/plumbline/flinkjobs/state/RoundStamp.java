package io.plumbline.flinkjobs.state;

/**
 * Which VM, and as of which capture round.
 *
 * @param epoch the collector's epoch, milliseconds since 1970-01-01T00:00Z
 * @param round counted from 0 within the epoch
 * @param capturedAtMicros when the guest was in this state, microseconds since 1970-01-01T00:00Z
 */
public record RoundStamp(String vmId, long epoch, long round, long capturedAtMicros) {}
