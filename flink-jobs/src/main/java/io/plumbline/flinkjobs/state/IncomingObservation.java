package io.plumbline.flinkjobs.state;

/** What became of a record of the observations topic: exactly one of the two is not null. */
public record IncomingObservation(VmObservation observation, Refusal refusal) {}
