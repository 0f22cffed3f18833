package io.plumbline.flinkjobs.operator;

/** What the capture protocol makes of an observation. */
enum Move {
  /** Seen before; nothing to do. */
  DUPLICATE,
  /** From a collector whose epoch is over; to be reported. */
  SUPERSEDED,
  /** The same collector again; it was reported. */
  SUPERSEDED_AGAIN,
  /** The thread broke here: mark the VM stale and ask for a snapshot. */
  LOSE,
  /** The thread is still broken, and a round of waiting has gone by: ask again. */
  ASK_AGAIN,
  /** The thread is still broken. */
  SKIP,
  /** A round that restates everything begins: forget the pages, keep the vCPUs. */
  BEGIN_SNAPSHOT,
  /** A round of changes begins: keep the vCPUs. */
  BEGIN_ROUND,
  /** Keep the pages. */
  STORE,
  /** The capture is complete: judge. */
  COMPLETE,
  /** The memory was exchanged: forget the capture. */
  RESET,
  /** The VM is gone: forget everything. */
  FORGET
}
