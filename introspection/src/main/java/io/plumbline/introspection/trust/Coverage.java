package io.plumbline.introspection.trust;

import io.plumbline.introspection.reach.ReachStep;
import java.util.Map;
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
 * @param bytesByStep of instructions that were reached when each step came to its end, the last of
 *     them {@code fixpointBytes}; empty if that was not computed
 */
public record Coverage(
    long executableBytes,
    long textBytes,
    long directBytes,
    OptionalLong fixpointBytes,
    long verifiedBytes,
    long unaccountedBytes,
    Map<ReachStep, Long> bytesByStep) {
  public Coverage {
    bytesByStep = Map.copyOf(bytesByStep);
  }

  /** Of a guest whose fixpoint was not computed. */
  public Coverage(
      long executableBytes,
      long textBytes,
      long directBytes,
      long verifiedBytes,
      long unaccountedBytes) {
    this(
        executableBytes,
        textBytes,
        directBytes,
        OptionalLong.empty(),
        verifiedBytes,
        unaccountedBytes,
        Map.of());
  }

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
