package io.plumbline.flinkjobs.state;

import java.util.List;

/**
 * What was last said of a VM, so that only changes leave.
 *
 * @param identity null as long as the VM was never judged
 * @param coverage null as long as the VM was never judged
 * @param findings those that are open, in the verdict's order
 */
public record PublishedVerdict(
    IdentityRecord identity,
    CoverageRecord coverage,
    TrustRecord trust,
    List<FindingRecord> findings) {}
