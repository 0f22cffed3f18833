package io.plumbline.flinkjobs.operator;

import java.io.Serializable;
import java.time.Duration;

/**
 * What of the analysis is for whoever runs it to decide. None of it changes a verdict on a capture;
 * the share decides which captures get one.
 *
 * @param staleAfter silence of a collector after which its VM is {@code stale}
 * @param blindAfter silence after which it is {@code blind}; longer than {@code staleAfter}
 * @param mostShare percent of a parallel instance's time that verdicts on one VM may take, 1 to
 *     100; at 100 every changed round is judged
 */
public record AnalysisSettings(Duration staleAfter, Duration blindAfter, int mostShare)
    implements Serializable {
  public AnalysisSettings {
    if (staleAfter.isNegative() || staleAfter.isZero() || blindAfter.compareTo(staleAfter) <= 0) {
      throw new IllegalArgumentException(
          "expected 0 < stale after < blind after, found " + staleAfter + " and " + blindAfter);
    }
    if (mostShare < 1 || mostShare > 100) {
      throw new IllegalArgumentException("share: expected 1 to 100 percent, found " + mostShare);
    }
  }

  /** How long a VM rests after a verdict, so that verdicts take no more than its share. */
  long restMillis(long verdictNanos) {
    return verdictNanos / mostShare * (100 - mostShare) / 1_000_000;
  }
}
