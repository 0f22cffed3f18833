package io.plumbline.introspection.paging;

/**
 * Whose tables a vCPU was stopped on. With page-table isolation (KPTI, KVA shadow) a CR3 sampled in
 * user mode, or between kernel entry and the switch of CR3, shows only the entry trampoline, or the
 * kernel's text without its data.
 *
 * <p>The criterion names no operating system: a kernel edits its page tables through mapped memory
 * (a direct map, an identity map or a self-map), so tables made for running the kernel map their
 * own top table as a supervisor page, and tables made for user mode do not.
 */
public enum KernelView {
  /** The tables map their own top table for the supervisor. */
  KERNEL_TABLES,
  /** They do not: sample again until the vCPU runs in the kernel, or use another vCPU. */
  USER_TABLES,
  /** Paging is off: everything is visible. */
  UNPAGED,
  /** The top table was not found, but not all tables could be looked at. */
  UNDETERMINED
}
