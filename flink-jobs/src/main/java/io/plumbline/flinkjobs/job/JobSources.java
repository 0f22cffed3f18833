package io.plumbline.flinkjobs.job;

import io.plumbline.flinkjobs.state.IncomingObservation;
import io.plumbline.flinkjobs.state.IncomingSignature;
import org.apache.flink.api.connector.source.Source;

/** Where the job reads from. */
public record JobSources(
    Source<IncomingObservation, ?, ?> observations, Source<IncomingSignature, ?, ?> signatures) {}
