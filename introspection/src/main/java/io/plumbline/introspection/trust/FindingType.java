package io.plumbline.introspection.trust;

import java.util.Locale;

/**
 * What kind of thing was found. The first eight-odd names are those of Google's VM threat detection
 * where they fit; the wire name is the constant in lower case.
 */
public enum FindingType {
  UNEXPECTED_CODE_MODIFICATION(true),
  UNEXPECTED_READ_ONLY_DATA_MODIFICATION(true),
  UNEXPECTED_FTRACE_HANDLER(true),
  UNEXPECTED_KPROBE_HANDLER(true),
  UNEXPECTED_KERNEL_CODE_PAGES(true),
  UNEXPECTED_SYSTEM_CALL_HANDLER(true),
  UNEXPECTED_INTERRUPT_HANDLER(true),
  /** Pointer tables, ops structures, static calls, jump labels, LSM hooks, notifiers. */
  UNEXPECTED_CONTROL_FLOW_TARGET(true),
  /** A moved or extended IDT, GDT or TSS. */
  UNEXPECTED_DESCRIPTOR_TABLE(true),
  /** Remapped or aliased text, writable and executable, user-executable. */
  UNEXPECTED_PAGE_MAPPING(true),
  /** CR0.WP, CR4.SMEP/SMAP, EFER.NXE, debug registers. */
  UNEXPECTED_CONTROL_REGISTER(true),
  UNEXPECTED_KERNEL_MODULE(true),
  /** Code that the kernel made at run time; reported, not a violation. */
  DYNAMIC_CODE(false),
  /** A hook that the kernel's own machinery explains; reported, not a violation. */
  HOOK_WITH_OWNER(false),
  /** A frame inside the watched region could not be read; never taken for clean. */
  UNREADABLE(false),
  /** A bound was reached, so something was not looked at; never taken for clean. */
  BUDGET_EXHAUSTED(false);

  private final boolean violation;

  FindingType(boolean violation) {
    this.violation = violation;
  }

  /** Whether a finding of this type makes the guest {@link TrustState#VIOLATED}. */
  public boolean violation() {
    return violation;
  }

  /** The name used in JSON and on topics. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
