package io.plumbline.introspection.trust;

/**
 * Wall-clock nanoseconds of the phases of one verdict.
 *
 * @param exploreNanos reading the guest's executable memory and roots, and following what the
 *     verification did not follow
 * @param identifyNanos exploring and measuring one entry, or a few, and comparing with the builds
 * @param verifyNanos exploring through valid code, and comparing roots and pointer tables
 */
public record Timings(long exploreNanos, long identifyNanos, long verifyNanos) {}
