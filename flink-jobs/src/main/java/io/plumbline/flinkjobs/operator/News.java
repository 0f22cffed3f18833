package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.CoverageRecord;
import io.plumbline.flinkjobs.state.FindingActivity;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.PublishedVerdict;
import io.plumbline.flinkjobs.state.RoundStamp;
import io.plumbline.flinkjobs.state.TrustRecord;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What of a verdict is news: records leave only if they say something else than what was published
 * before, whatever round they are about.
 */
final class News {
  private News() {}

  /**
   * Reports what {@code verdict} changes.
   *
   * @param before what was published so far; null if nothing was
   * @return what is published from now on
   */
  static PublishedVerdict publish(
      PublishedVerdict before, Verdict verdict, Occasion occasion, Reports reports) {
    RoundStamp at = occasion.at();
    IdentityRecord identity = VerdictRecords.identity(verdict, at);
    CoverageRecord coverage = VerdictRecords.coverage(verdict, at, occasion.roundsCoalesced());
    TrustRecord trust = VerdictRecords.trust(verdict, at);
    if (before == null
        || before.identity() == null
        || !before.identity().asOf(at).equals(identity)) {
      reports.identity(identity);
    }
    if (before == null
        || before.coverage() == null
        || !before.coverage().asOf(at).equals(coverage)) {
      reports.coverage(coverage);
    }
    List<FindingRecord> known = before == null ? List.of() : before.findings();
    List<FindingRecord> findings =
        findings(known, VerdictRecords.findings(verdict, at), at, reports);
    if (before == null || !before.trust().asOf(at).equals(trust)) {
      reports.trust(occasion.tell(trust));
    }
    return new PublishedVerdict(identity, coverage, trust, findings);
  }

  /** Reports that what was published is about an older state, unless that was reported already. */
  static PublishedVerdict stale(
      PublishedVerdict before, Occasion occasion, String reason, Reports reports) {
    if (before != null && before.trust().stale()) {
      return before;
    }
    TrustRecord trust;
    if (before == null) {
      trust = new TrustRecord(occasion.at(), TrustState.UNDECIDED, true, 0, List.of(reason));
    } else {
      List<String> reasons = new ArrayList<>(before.trust().reasons());
      reasons.add(reason);
      TrustRecord last = before.trust();
      trust = new TrustRecord(last.at(), last.state(), true, last.openFindings(), reasons);
    }
    reports.trust(occasion.tell(trust));
    return before == null
        ? new PublishedVerdict(null, null, trust, List.of())
        : new PublishedVerdict(before.identity(), before.coverage(), trust, before.findings());
  }

  /** Reports that these findings are no more. */
  static void close(Iterable<FindingRecord> findings, RoundStamp at, Reports reports) {
    for (FindingRecord each : findings) {
      reports.finding(each.becoming(FindingActivity.CLOSE, at, each.firstSeenAtMicros()));
    }
  }

  private static List<FindingRecord> findings(
      List<FindingRecord> known, List<FindingRecord> found, RoundStamp at, Reports reports) {
    Map<String, FindingRecord> gone = new LinkedHashMap<>();
    known.forEach(each -> gone.put(each.uid(), each));
    List<FindingRecord> open = new ArrayList<>(found.size());
    for (FindingRecord now : found) {
      FindingRecord was = gone.remove(now.uid());
      if (was == null) {
        reports.finding(now);
        open.add(now);
      } else {
        FindingRecord same = now.becoming(was.activity(), was.at(), was.firstSeenAtMicros());
        FindingRecord update =
            now.becoming(FindingActivity.UPDATE, now.at(), was.firstSeenAtMicros());
        boolean unchanged = same.equals(was);
        open.add(unchanged ? was : update);
        if (!unchanged) {
          reports.finding(update);
        }
      }
    }
    close(gone.values(), at, reports);
    return open;
  }
}
