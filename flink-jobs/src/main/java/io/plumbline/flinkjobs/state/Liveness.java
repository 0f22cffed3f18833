package io.plumbline.flinkjobs.state;

/** Whether a VM's collector is heard, by the job's clock. It never changes a verdict. */
public enum Liveness {
  /** It is. */
  LIVE,
  /** It is, and says that the VM does not run. */
  PAUSED,
  /** It has been silent for a while. */
  STALE,
  /** It has been silent for so long that nobody should rely on what was said before. */
  BLIND;

  /** Whether the collector is not heard. */
  public boolean silent() {
    return this == STALE || this == BLIND;
  }
}
