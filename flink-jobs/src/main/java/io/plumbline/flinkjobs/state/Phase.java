package io.plumbline.flinkjobs.state;

/** Where in the capture protocol a VM is. */
public enum Phase {
  /** Nothing is wrong; the next round has to be a snapshot. */
  EXPECTS_SNAPSHOT,
  /** Observations are missing; nothing counts until a snapshot round begins. */
  LOST,
  /** Inside a round: the stored pages are half a capture and must not be judged. */
  IN_ROUND,
  /** Between rounds: the stored pages are one complete capture. */
  AT_BOUNDARY
}
