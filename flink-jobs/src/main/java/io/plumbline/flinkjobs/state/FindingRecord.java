package io.plumbline.flinkjobs.state;

import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Severity;
import java.util.List;

/**
 * One finding, for the findings topic.
 *
 * @param uid the same finding of the same VM has the same uid in every replay
 * @param firstSeenAtMicros capture time of the round that opened it, microseconds since
 *     1970-01-01T00:00Z
 * @param address linear address
 * @param frame guest frame number; null for registers
 * @param signature content address of the signature judged against; null if none was
 */
public record FindingRecord(
    RoundStamp at,
    String uid,
    FindingActivity activity,
    long firstSeenAtMicros,
    FindingType type,
    Severity severity,
    int vcpu,
    long address,
    String symbol,
    String owner,
    String expected,
    String actual,
    List<String> path,
    Long frame,
    String signature) {
  /** The same finding in what another round says of it. */
  public FindingRecord becoming(FindingActivity next, RoundStamp round, long firstSeen) {
    return new FindingRecord(
        round, uid, next, firstSeen, type, severity, vcpu, address, symbol, owner, expected, actual,
        path, frame, signature);
  }
}
