package io.plumbline.cli.results;

import java.time.Instant;

/** The job lost the thread of a guest and asks its collector for everything anew. */
public record ResyncWanted(String vmId, Instant capturedAt, String reason) implements Result {}
