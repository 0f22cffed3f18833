package io.plumbline.flinkjobs.state;

/** What became of a record of the signatures topic: exactly one of the two is not null. */
public record IncomingSignature(SignatureEntry entry, Refusal refusal) {}
