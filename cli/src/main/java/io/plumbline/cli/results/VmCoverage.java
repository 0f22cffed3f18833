package io.plumbline.cli.results;

import java.time.Instant;
import java.util.OptionalLong;

/**
 * How much of a guest's executable memory the verdict rests on, in bytes.
 *
 * @param round capture round within the collector's epoch, from 0
 * @param roundsCoalesced changed rounds since the verdict before that got none of their own
 */
public record VmCoverage(
    String vmId,
    long round,
    Instant capturedAt,
    long executableBytes,
    long directBytes,
    OptionalLong fixpointBytes,
    OptionalLong verifiedBytes,
    OptionalLong unaccountedBytes,
    long textBytes,
    long roundsCoalesced)
    implements Result {
  /** Directly reached bytes over the kernel's text that is not blank, 0 to 1. */
  public double directShare() {
    return textBytes == 0 ? 0 : (double) directBytes / textBytes;
  }
}
