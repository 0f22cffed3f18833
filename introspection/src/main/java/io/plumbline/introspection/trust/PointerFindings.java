package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.reach.Fixpoint;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.image.StaticPointers;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Findings about pointers in data that lead to no trusted code: the kernel's own variables, and
 * objects that they lead to. Read-only data is compared byte by byte elsewhere.
 */
final class PointerFindings {

  private final TrustedKernel kernel;
  private final PlacedImage placed;
  private final TrustedPointers rule;
  private final Fixpoint fixpoint;
  private final Lineage lineage;
  private final FindingBook findings;
  private final Set<Long> handlers;

  /**
   * @param handlers of kprobes that are told with the place they were set at
   */
  PointerFindings(
      TrustedKernel kernel,
      PlacedImage placed,
      TrustedPointers rule,
      Fixpoint fixpoint,
      Lineage lineage,
      FindingBook findings,
      Set<Long> handlers) {
    this.kernel = kernel;
    this.placed = placed;
    this.rule = rule;
    this.fixpoint = fixpoint;
    this.lineage = lineage;
    this.findings = findings;
    this.handlers = handlers;
  }

  void report() {
    variables();
    fixpoint.strays().forEach(this::stray);
  }

  /** Pointers that the image has in its writable data: each leads to a function or nowhere. */
  private void variables() {
    StaticPointers pointers = placed.verifier().staticPointers();
    for (int i = 0; i < pointers.size(); i++) {
      long slot = placed.addressOf(pointers.slots()[i]);
      long expected = placed.addressOf(pointers.functions()[i]);
      OptionalLong found = kernel.word(slot);
      if (found.isPresent() && found.getAsLong() != expected && !isLegal(found.getAsLong())) {
        add(
            slot,
            kernel.nameOf(slot),
            kernel.place(expected),
            found.getAsLong(),
            rule.startOf(slot));
      }
    }
  }

  /** A pointer that was taken out, or to a function; what is no address means something else. */
  private boolean isLegal(long value) {
    return value >= 0 || kernel.isTrustedFunction(value);
  }

  private void stray(Fixpoint.Stray stray) {
    if (placed.isVerified(stray.slot()) || handlers.contains(stray.target())) {
      return;
    }
    List<String> path = lineage.pathTo(stray.object());
    String name = kernel.nameOf(stray.slot());
    boolean nameless = name.equals(new GuestVirtualAddress(stray.slot()).toString());
    String symbol =
        nameless && !path.isEmpty()
            ? path.get(path.size() - 1) + String.format("->+0x%x", stray.slot() - stray.object())
            : name;
    add(stray.slot(), symbol, "a trusted function", stray.target(), stray.object());
  }

  private void add(long slot, String symbol, String expected, long actual, long parent) {
    GuestVirtualAddress address = new GuestVirtualAddress(slot);
    if (findings.has(FindingType.UNEXPECTED_CONTROL_FLOW_TARGET, address)) {
      // Whoever made code of this pointer told it already.
      return;
    }
    List<String> path = new ArrayList<>(lineage.pathTo(parent));
    path.add(symbol);
    path.add(kernel.place(actual));
    findings.add(
        FindingType.UNEXPECTED_CONTROL_FLOW_TARGET,
        lineage.vcpuOf(parent, 0),
        address,
        symbol,
        kernel.ownerOf(actual).orElse("unknown"),
        expected,
        kernel.place(actual),
        path,
        "pointer+" + symbol);
  }
}
