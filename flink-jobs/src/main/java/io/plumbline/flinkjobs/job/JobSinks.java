package io.plumbline.flinkjobs.job;

import io.plumbline.flinkjobs.state.CoverageRecord;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.ResyncRecord;
import io.plumbline.flinkjobs.state.TrustRecord;
import org.apache.flink.api.connector.sink2.Sink;

/** Where the job writes to. */
public record JobSinks(
    Sink<IdentityRecord> identities,
    Sink<CoverageRecord> coverage,
    Sink<TrustRecord> trust,
    Sink<FindingRecord> findings,
    Sink<ResyncRecord> resyncRequests,
    Sink<Refusal> deadLetters) {}
