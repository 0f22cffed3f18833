package io.plumbline.cli.results;

import java.time.Instant;

/** One record of a results topic. */
public sealed interface Result
    permits VmIdentity, VmTrust, VmCoverage, VmFinding, RefusedRecord, ResyncWanted {
  /** Name of the virtual machine; empty if a refused record does not tell. */
  String vmId();

  /** When the guest was in the state that this is about. */
  Instant capturedAt();
}
