package io.plumbline.flinkjobs.state;

import io.plumbline.introspection.trust.TrustState;
import java.util.List;

/**
 * Whether a VM's kernel can be trusted, for the trust topic.
 *
 * @param stale observations are missing, so that the state is about an older capture
 * @param openFindings violations open now
 * @param reasons why the state is what it is; empty if trusted
 */
public record TrustRecord(
    RoundStamp at, TrustState state, boolean stale, int openFindings, List<String> reasons) {
  /** The same state as of another round. */
  public TrustRecord asOf(RoundStamp other) {
    return new TrustRecord(other, state, stale, openFindings, reasons);
  }
}
