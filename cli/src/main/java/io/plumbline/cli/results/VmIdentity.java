package io.plumbline.cli.results;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Which kernel a guest runs.
 *
 * @param round capture round within the collector's epoch, from 0
 * @param state {@code exact}, {@code nearest} or {@code unknown}
 * @param slide bytes, modulo 2^64
 * @param distance functions that differ
 * @param reason for people, why the identity is no better; empty if it is exact
 */
public record VmIdentity(
    String vmId,
    long round,
    Instant capturedAt,
    String state,
    Optional<String> os,
    Optional<String> build,
    Optional<String> version,
    Optional<String> signature,
    OptionalInt vector,
    OptionalLong slide,
    OptionalInt distance,
    Optional<String> runnerUpBuild,
    OptionalInt runnerUpDistance,
    String reason)
    implements Result {}
