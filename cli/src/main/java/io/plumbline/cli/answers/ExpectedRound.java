package io.plumbline.cli.answers;

import java.util.List;
import java.util.Locale;

/**
 * What was done to a guest before one capture round.
 *
 * @param kind what it was, in capitals or small letters
 * @param did in words
 * @param findings what must be reported, and nothing else; empty unless something was tampered with
 */
public record ExpectedRound(String kind, String did, List<ExpectedFinding> findings) {
  private static final String TAMPERING = "tampering";
  private static final List<String> QUIET = List.of("clean", "idle", "benign", "busy");

  public ExpectedRound {
    kind = kind == null ? "" : kind.toLowerCase(Locale.ROOT);
    findings = findings == null ? List.of() : List.copyOf(findings);
    if (!kind.equals(TAMPERING) && !QUIET.contains(kind)) {
      throw new IllegalArgumentException(
          "expected a round of the kind tampering, clean, idle, benign or busy, found " + kind);
    }
    if (kind.equals(TAMPERING) == findings.isEmpty()) {
      throw new IllegalArgumentException(
          "expected findings in tampering rounds and no others, found "
              + findings.size()
              + " in one of the kind "
              + kind);
    }
  }

  /** Whether something must be reported. */
  public boolean tampering() {
    return kind.equals(TAMPERING);
  }
}
