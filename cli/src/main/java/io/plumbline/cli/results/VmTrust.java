package io.plumbline.cli.results;

import java.time.Instant;
import java.util.List;

/**
 * Whether a guest can be trusted.
 *
 * @param round capture round within the collector's epoch, from 0
 * @param state {@code trusted}, {@code violated}, {@code undecided} or {@code not_measurable}
 * @param stale whether observations are missing, so that the verdict is about an older state
 * @param reasons for people; empty if trusted
 */
public record VmTrust(
    String vmId,
    long round,
    Instant capturedAt,
    String state,
    boolean stale,
    int openFindings,
    List<String> reasons)
    implements Result {
  public VmTrust {
    reasons = List.copyOf(reasons);
  }
}
