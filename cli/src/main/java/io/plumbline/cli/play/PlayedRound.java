package io.plumbline.cli.play;

import java.time.Instant;

/**
 * A capture round that was played.
 *
 * @param round its number within the recording, -1 for what follows the last boundary
 * @param note what was done to the guest, as the recording tells; may be empty
 */
public record PlayedRound(String vmId, long round, Instant capturedAt, String note) {}
