package io.plumbline.introspection.bench;

/**
 * What one run of {@link VerificationBenchmark} measured; every time is the median of its rounds.
 *
 * @param rounds measured
 * @param comparedBytes text and read-only data of the guest that every round compared
 * @param sites places where the kernel may rewrite its text, each held against its legal value
 * @param mismatch seconds of {@code Arrays.mismatch} over the same bytes, already relocated and
 *     patched
 * @param verify seconds of reading, relocating, predicting and comparing them
 * @param ratio of the two in the same round
 * @param verdict seconds of a whole verdict: page tables, roots, identity, verification, findings
 * @param prepare seconds for what all guests of the build share, once a process
 * @param sharedBytes of heap that all guests of the build share, the signature included
 * @param verdictBytes of heap that stay for each guest after its verdict
 */
public record VerificationResult(
    int rounds,
    long comparedBytes,
    int sites,
    double mismatch,
    double verify,
    double ratio,
    double verdict,
    double prepare,
    long sharedBytes,
    long verdictBytes) {}
