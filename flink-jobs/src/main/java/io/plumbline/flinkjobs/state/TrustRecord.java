package io.plumbline.flinkjobs.state;

import io.plumbline.introspection.trust.TrustState;
import java.util.List;

/**
 * Whether a VM's kernel can be trusted, for the trust topic.
 *
 * @param stale observations are missing, so that the state is about an older capture
 * @param openFindings violations open now
 * @param reasons why the state is what it is; empty if trusted
 * @param liveness whether the collector is heard; null as long as the record is a verdict alone
 * @param silentSinceMicros when it was last heard, microseconds since 1970-01-01T00:00Z; null if it
 *     is not silent
 */
public record TrustRecord(
    RoundStamp at,
    TrustState state,
    boolean stale,
    int openFindings,
    List<String> reasons,
    Liveness liveness,
    Long silentSinceMicros) {
  /** A verdict alone. */
  public TrustRecord(
      RoundStamp at, TrustState state, boolean stale, int openFindings, List<String> reasons) {
    this(at, state, stale, openFindings, reasons, null, null);
  }

  /** The same state as of another round. */
  public TrustRecord asOf(RoundStamp other) {
    return new TrustRecord(other, state, stale, openFindings, reasons, liveness, silentSinceMicros);
  }
}
