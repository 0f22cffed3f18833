package io.plumbline.flinkjobs.job;

/**
 * Every operator's uid, by which a savepoint finds its state again: never changed, never reused.
 */
enum OperatorId {
  OBSERVATIONS("observations-v1", "Observations"),
  OBSERVATION_GATE("observation-gate-v1", "Refuse malformed observations"),
  SIGNATURES("signatures-v1", "Signatures"),
  SIGNATURE_GATE("signature-gate-v1", "Refuse malformed signatures"),
  ANALYSIS("analysis-v1", "Analyse each VM"),
  IDENTITIES("identities-v1", "Identities"),
  COVERAGE("coverage-v1", "Coverage"),
  TRUST("trust-v1", "Trust"),
  FINDINGS("findings-v1", "Findings"),
  RESYNC_REQUESTS("resync-requests-v1", "Resync requests"),
  DEAD_LETTERS("dead-letters-v1", "Dead letters");

  private final String uid;
  private final String title;

  OperatorId(String uid, String title) {
    this.uid = uid;
    this.title = title;
  }

  String uid() {
    return uid;
  }

  String title() {
    return title;
  }
}
