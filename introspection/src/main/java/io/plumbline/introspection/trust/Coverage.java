package io.plumbline.introspection.trust;

import java.util.OptionalLong;

/**
 * How much of the guest's executable memory the verdict rests on; all in bytes.
 *
 * @param executableBytes supervisor-executable memory by the guest's page tables
 * @param textBytes the part of it that is the kernel's and not blank: the measure of the shares
 * @param directBytes instructions reached from the hardware roots over direct control flow
 * @param fixpointBytes reached through validated control-flow data as well; empty if that was not
 *     computed
 * @param verifiedBytes reached instructions that the identified build explains
 * @param unaccountedBytes executable, not blank, and neither reached nor verified
 */
public record Coverage(
    long executableBytes,
    long textBytes,
    long directBytes,
    OptionalLong fixpointBytes,
    long verifiedBytes,
    long unaccountedBytes) {
  /** {@link #directBytes} over {@link #textBytes}, 0 to 1. */
  public double directShare() {
    return share(directBytes);
  }

  /** {@link #verifiedBytes} over {@link #textBytes}, 0 to 1. */
  public double verifiedShare() {
    return share(verifiedBytes);
  }

  private double share(long bytes) {
    return textBytes == 0 ? 0 : (double) bytes / textBytes;
  }
}
