package io.plumbline.flinkjobs.state;

/**
 * How much of a VM's kernel code a verdict rests on, for the coverage topic; all in bytes, null
 * where it was not computed.
 *
 * @param budgetExhausted a budget ended the exploration early: the figures are lower bounds
 * @param roundsCoalesced changed rounds since the verdict before that got none of their own
 */
public record CoverageRecord(
    RoundStamp at,
    long executableBytes,
    long textBytes,
    long directBytes,
    Long fixpointBytes,
    Long verifiedBytes,
    Long unaccountedBytes,
    boolean budgetExhausted,
    long roundsCoalesced) {
  /** The same coverage as of another round. */
  public CoverageRecord asOf(RoundStamp other) {
    return new CoverageRecord(
        other,
        executableBytes,
        textBytes,
        directBytes,
        fixpointBytes,
        verifiedBytes,
        unaccountedBytes,
        budgetExhausted,
        roundsCoalesced);
  }
}
