package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.CoverageRecord;
import io.plumbline.flinkjobs.state.FindingActivity;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.RoundStamp;
import io.plumbline.flinkjobs.state.TrustRecord;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.trust.Coverage;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** The core's verdict as flat records. */
final class VerdictRecords {
  private VerdictRecords() {}

  static IdentityRecord identity(Verdict verdict, RoundStamp at) {
    Identity identity = verdict.identity();
    boolean known = identity.build().isPresent();
    return new IdentityRecord(
        at,
        identity.state(),
        identity.build().map(build -> build.os()).orElse(null),
        identity.build().map(build -> build.build()).orElse(null),
        identity.build().map(build -> build.version()).filter(v -> !v.isEmpty()).orElse(null),
        signature(verdict),
        identity.vector(),
        known ? identity.slide() : null,
        known ? identity.distance() : null,
        identity.runnerUp().map(second -> second.build().build()).orElse(null),
        identity.runnerUp().map(Identity.RunnerUp::distance).orElse(null),
        switch (identity.state()) {
          case EXACT -> "";
          case NEAREST -> identity.distance() + " functions are not the build's";
          case UNKNOWN -> "no enrolled build is near";
        });
  }

  static CoverageRecord coverage(Verdict verdict, RoundStamp at, long roundsCoalesced) {
    Coverage coverage = verdict.coverage();
    boolean verified = verdict.identity().build().isPresent();
    return new CoverageRecord(
        at,
        coverage.executableBytes(),
        coverage.textBytes(),
        coverage.directBytes(),
        boxed(coverage.fixpointBytes()),
        verified ? coverage.verifiedBytes() : null,
        verified ? coverage.unaccountedBytes() : null,
        verdict.findings().stream()
            .anyMatch(finding -> finding.type() == FindingType.BUDGET_EXHAUSTED),
        roundsCoalesced);
  }

  static TrustRecord trust(Verdict verdict, RoundStamp at) {
    int violations =
        (int)
            verdict.findings().stream()
                .filter(finding -> finding.type().violation())
                .map(Finding::uid)
                .distinct()
                .count();
    return new TrustRecord(at, verdict.trust(), false, violations, reasons(verdict, violations));
  }

  /** One record for each uid: the verdict's first, should it say the same thing twice. */
  static List<FindingRecord> findings(Verdict verdict, RoundStamp at) {
    Map<String, FindingRecord> byUid = new LinkedHashMap<>();
    for (Finding finding : verdict.findings()) {
      byUid.putIfAbsent(finding.uid(), finding(finding, signature(verdict), at));
    }
    return new ArrayList<>(byUid.values());
  }

  private static FindingRecord finding(Finding finding, String signature, RoundStamp at) {
    return new FindingRecord(
        at,
        finding.uid(),
        FindingActivity.OPEN,
        at.capturedAtMicros(),
        finding.type(),
        finding.severity(),
        finding.vcpu(),
        finding.address().value(),
        finding.symbol(),
        finding.owner(),
        finding.expected(),
        finding.actual(),
        new ArrayList<>(finding.path()),
        finding.frame().map(FrameNumber::value).orElse(null),
        signature);
  }

  private static List<String> reasons(Verdict verdict, int violations) {
    List<String> reasons = new ArrayList<>();
    if (verdict.trust() == TrustState.TRUSTED) {
      return reasons;
    }
    if (violations > 0) {
      reasons.add(violations + (violations == 1 ? " violation" : " violations"));
    }
    if (verdict.identity().state() == Identity.State.UNKNOWN) {
      reasons.add("the build is unknown");
    }
    reasons.addAll(verdict.blindSpots());
    return reasons;
  }

  private static String signature(Verdict verdict) {
    return verdict.identity().signature().map(SignatureId::value).orElse(null);
  }

  private static Long boxed(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }
}
