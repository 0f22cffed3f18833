package io.plumbline.flinkjobs.state;

/** What an observation is about. */
public enum ObservationKind {
  /** The registers of every vCPU; the first record of a round. */
  VCPUS,
  /** Changed and withdrawn frames. */
  PAGES,
  /** The round is complete. */
  BOUNDARY,
  /** Started, rebooted, restored or migrated: what was known of the memory no longer counts. */
  RESET,
  /** The VM is gone. */
  STOPPED
}
