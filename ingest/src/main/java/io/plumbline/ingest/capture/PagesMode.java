package io.plumbline.ingest.capture;

/** Which frames a collector watches. */
public enum PagesMode {
  /** All of the guest's RAM. */
  FULL,
  /** What belongs to the kernel's control flow; no user memory leaves the host. */
  KERNEL
}
