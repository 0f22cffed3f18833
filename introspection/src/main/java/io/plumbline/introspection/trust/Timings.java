package io.plumbline.introspection.trust;

/** Wall-clock nanoseconds of the phases of one verdict. */
public record Timings(long exploreNanos, long identifyNanos, long verifyNanos) {}
