package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.verify.NamedCode;
import java.util.List;

/**
 * Findings about what could not be looked at, however the build is known; never taken for clean.
 */
final class UnseenFindings {
  /** Unreadable pages that are reported one by one; how many there are is a blind spot. */
  static final int MOST_PAGES = 256;

  private final GuestKernel kernel;
  private final NamedCode placed;
  private final Evidence evidence;
  private final FindingBook findings;

  UnseenFindings(GuestKernel kernel, NamedCode placed, Evidence evidence, FindingBook findings) {
    this.kernel = kernel;
    this.placed = placed;
    this.evidence = evidence;
    this.findings = findings;
  }

  /** Reports an executable page that cannot be read. */
  void page(GuestVirtualAddress page) {
    findings.add(
        FindingType.UNREADABLE,
        kernel.vcpu().index(),
        page,
        placed.nameOf(page.value()),
        evidence.owner(page),
        "a readable executable page",
        "the frame cannot be read",
        List.of(),
        "page+" + placed.offsetOf(page.value()));
  }

  /** Reports that a bound ended the exploration. */
  void budgetExhausted() {
    findings.add(
        FindingType.BUDGET_EXHAUSTED,
        kernel.vcpu().index(),
        new GuestVirtualAddress(placed.addressOf(0)),
        "kernel",
        "kernel",
        "code within the exploration's bounds",
        "a bound was reached: not everything was looked at",
        List.of(),
        "budget");
  }
}
