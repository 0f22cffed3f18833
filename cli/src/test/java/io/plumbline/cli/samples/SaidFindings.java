package io.plumbline.cli.samples;

import io.plumbline.cli.results.VmFinding;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.trust.Finding;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** A judge's findings as the stream would say them. */
final class SaidFindings {
  private SaidFindings() {}

  static VmFinding of(String vmId, long round, Finding finding) {
    return new VmFinding(
        finding.uid(),
        vmId,
        round,
        Instant.EPOCH,
        Instant.EPOCH,
        "open",
        finding.type().wireName(),
        finding.severity().name().toLowerCase(Locale.ROOT),
        OptionalInt.of(finding.vcpu()),
        OptionalLong.of(finding.address().value()),
        Optional.of(finding.symbol()),
        finding.owner(),
        finding.expected(),
        finding.actual(),
        finding.path(),
        finding.frame().stream().mapToLong(FrameNumber::value).findFirst(),
        Optional.empty());
  }
}
