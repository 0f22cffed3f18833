package io.plumbline.cli.results;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Whether a guest can be trusted.
 *
 * @param round capture round within the collector's epoch, from 0
 * @param state {@code trusted}, {@code violated}, {@code undecided} or {@code not_measurable}
 * @param stale whether observations are missing or the collector is silent, so that the verdict is
 *     about an older state
 * @param reasons for people; empty if trusted
 * @param liveness {@code live}, {@code paused}, {@code stale}, {@code blind} or {@code unknown}
 * @param silentSince when the collector was last heard, if it is silent
 */
public record VmTrust(
    String vmId,
    long round,
    Instant capturedAt,
    String state,
    boolean stale,
    int openFindings,
    List<String> reasons,
    String liveness,
    Optional<Instant> silentSince)
    implements Result {
  public VmTrust {
    reasons = List.copyOf(reasons);
  }

  /** What people are told beside the state: paused, blind or stale, or nothing. */
  public String remark() {
    return switch (liveness) {
      case "paused", "blind" -> " (" + liveness + (stale && !blind() ? ", stale)" : ")");
      default -> stale ? " (stale)" : "";
    };
  }

  private boolean blind() {
    return liveness.equals("blind");
  }
}
