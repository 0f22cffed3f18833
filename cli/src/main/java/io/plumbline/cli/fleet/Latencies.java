package io.plumbline.cli.fleet;

import java.util.Arrays;
import java.util.OptionalDouble;

/** Times from publishing to finding, and how many never came. Immutable. */
public final class Latencies {
  private final long[] nanos;
  private final int missing;

  Latencies(long[] nanos, int missing) {
    this.nanos = nanos.clone();
    Arrays.sort(this.nanos);
    this.missing = missing;
  }

  /** How many came. */
  public int count() {
    return nanos.length;
  }

  /** How many were waited for in vain. */
  public int missing() {
    return missing;
  }

  /**
   * Seconds within which the share {@code quantile} of all that was waited for came, by the nearest
   * rank; empty if there are too few to tell that share from the slowest one, or it did not come.
   *
   * @param quantile 0 to 1
   */
  public OptionalDouble seconds(double quantile) {
    int all = nanos.length + missing;
    int rank = (int) Math.ceil(quantile * all);
    boolean tellsFromSlowest = all * (1 - quantile) >= 1 - 1e-9;
    return rank < 1 || rank > nanos.length || !tellsFromSlowest
        ? OptionalDouble.empty()
        : OptionalDouble.of(nanos[rank - 1] / 1e9);
  }
}
