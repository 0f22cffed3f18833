package io.plumbline.cli.results;

import java.time.Instant;

/**
 * A record that the job could not understand; its bytes lie on the dead-letter topic.
 *
 * @param vmId empty if the record did not tell
 */
public record RefusedRecord(String vmId, Instant capturedAt, String reason) implements Result {}
