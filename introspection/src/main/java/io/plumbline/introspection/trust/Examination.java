package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.Translation;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.reach.CodeRegion;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GatedExploration;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.reach.TableUse;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.PlacedCode;
import io.plumbline.introspection.verify.RootCheck;
import io.plumbline.introspection.verify.SystemCallHandlers;
import io.plumbline.introspection.verify.TableCheck;
import java.util.List;
import java.util.Optional;

/**
 * One guest held against the build it runs: roots first, then the code that legal roots reach
 * through valid code, then the pointer tables that this code uses. What a bad root or a bad
 * instruction leads to is not looked at: the finding is where control left the build.
 */
final class Examination {
  /** Golden bytes shown beside a changed instruction: the longest instruction. */
  private static final int SHOWN_BYTES = 15;

  /**
   * What came out.
   *
   * @param findings each place once
   * @param verifiedBytes bytes of reached code that the build explains
   */
  record Outcome(List<Finding> findings, long verifiedBytes) {}

  private final Guest guest;
  private final GuestKernel kernel;
  private final PlacedCode placed;
  private final Evidence evidence;
  private final FindingBook findings;
  private final RootCheck roots;
  private final GatedExploration explored;
  private final Lineage lineage;

  private Examination(
      Guest guest,
      GuestKernel kernel,
      PlacedCode placed,
      ExplorationBudget budget,
      Evidence evidence) {
    this.guest = guest;
    this.kernel = kernel;
    this.placed = placed;
    this.evidence = evidence;
    this.findings = new FindingBook(guest.vmId(), evidence);
    this.roots = RootCheck.of(kernel, placed);
    this.explored =
        GatedExploration.from(
            roots.legal().stream().map(HardwareRoot::target).distinct().toList(),
            kernel,
            budget,
            (region, offset, length) ->
                placed.explains(
                    region.bytes(), offset, length, placed.offsetOf(region.start() + offset)));
    this.lineage =
        new Lineage(explored, roots.legal(), placed, new VirtualMemory(kernel.space())::wordAt);
  }

  /** Holds {@code guest} against the build whose code is placed where the guest has it. */
  static Outcome of(Guest guest, GuestKernel kernel, PlacedCode placed, JudgeSettings settings) {
    try (Evidence evidence = new Evidence(placed, kernel.space(), settings.text())) {
      return new Examination(guest, kernel, placed, settings.budget(), evidence).outcome();
    }
  }

  private Outcome outcome() {
    RootFindings strays = new RootFindings(guest, kernel, evidence, findings);
    UnseenFindings unseen = new UnseenFindings(kernel, placed, evidence, findings);
    roots.strays().forEach(strays::add);
    explored.refusals().forEach(this::refusedCode);
    explored.departures().forEach(this::departure);
    roots.unmapped().forEach(this::unmappedRoot);
    explored.tables().forEach(this::table);
    kernel.code().unreadablePages().stream().limit(UnseenFindings.MOST_PAGES).forEach(unseen::page);
    if (explored.budgetExhausted()) {
      unseen.budgetExhausted();
    }
    return new Outcome(findings.findings(), explored.admittedBytes());
  }

  private void refusedCode(GatedExploration.Refusal refusal) {
    CodeRegion region = refusal.region();
    long address = refusal.address();
    long offset = placed.offsetOf(address);
    String expected =
        placed
            .expectedAt(offset, SHOWN_BYTES)
            .map(bytes -> evidence.instruction(bytes, 0, address))
            .orElse("no code that this build reaches");
    List<String> path = lineage.pathTo(refusal.function());
    if (address != refusal.function()) {
      path.add(placed.nameOf(address));
    }
    findings.add(
        dispatchesSystemCall(address)
            ? FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER
            : FindingType.UNEXPECTED_CODE_MODIFICATION,
        vcpuOf(refusal.function()),
        new GuestVirtualAddress(address),
        placed.nameOf(address),
        evidence.owner(new GuestVirtualAddress(address)),
        expected,
        evidence.instruction(region.bytes(), refusal.offset(), address),
        path,
        "code+" + offset);
  }

  /** Whether the build has a branch to a system call's handler at {@code address}. */
  private boolean dispatchesSystemCall(long address) {
    return placed
        .expectedAt(placed.offsetOf(address), SHOWN_BYTES)
        .flatMap(bytes -> evidence.target(bytes, 0, address))
        .filter(target -> SystemCallHandlers.isOne(placed.nameOf(target.value())))
        .isPresent();
  }

  /** Control leaves readable executable memory for a place where the build has code. */
  private void departure(GatedExploration.Departure departure) {
    List<String> path = lineage.pathTo(departure.function());
    path.add(placed.nameOf(departure.target().value()));
    missingCode(departure.target(), vcpuOf(departure.function()), path);
  }

  private void unmappedRoot(HardwareRoot root) {
    String name = Evidence.nameOf(root);
    missingCode(root.target(), root.vcpu(), List.of(name, evidence.place(root.target())));
  }

  private void missingCode(GuestVirtualAddress place, int vcpu, List<String> path) {
    GuestVirtualAddress page = place.plus(-place.offsetInPage());
    boolean known = placed.expectedAt(placed.offsetOf(place.value()), 1).isPresent();
    // What cannot be read, or lies behind a bound, is said as such and is no violation.
    boolean saidElsewhere =
        kernel.code().budgetExhausted()
            || kernel.code().unreadablePages().contains(page)
            || kernel.space().translate(page) instanceof Translation.Unreadable;
    if (known && !saidElsewhere) {
      findings.add(
          FindingType.UNEXPECTED_PAGE_MAPPING,
          vcpu,
          place,
          placed.nameOf(place.value()),
          "kernel",
          "code of this build, executable for the supervisor",
          evidence.mapping(place),
          path,
          "page+" + placed.offsetOf(page.value()));
    }
  }

  private void table(TableUse use) {
    Optional<TableCheck> check = TableCheck.of(use, placed, kernel.space(), guest.memory());
    if (check.isEmpty()) {
      return;
    }
    String table = placed.nameOf(use.table().value());
    for (TableCheck.Difference difference : check.get().differences()) {
      String entry = table + "[" + difference.index() + "]";
      List<String> path = lineage.pathTo(use.function().value());
      boolean systemCall = lineage.fromSystemCall(use.function().value());
      path.add(entry);
      path.add(evidence.place(difference.actual()));
      findings.add(
          systemCall
              ? FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER
              : FindingType.UNEXPECTED_CONTROL_FLOW_TARGET,
          vcpuOf(use.function().value()),
          difference.at(),
          entry,
          evidence.owner(difference.actual()),
          evidence.place(difference.expected()),
          evidence.place(difference.actual()),
          path,
          "table+" + placed.offsetOf(difference.at().value()));
    }
    if (check.get().unreadEntries() > 0) {
      findings.add(
          FindingType.UNREADABLE,
          vcpuOf(use.function().value()),
          use.table(),
          table,
          "kernel",
          "a readable pointer table",
          check.get().unreadEntries() + " entries cannot be read",
          lineage.pathTo(use.function().value()),
          "table+" + placed.offsetOf(use.table().value()));
    }
  }

  private int vcpuOf(long function) {
    return lineage.vcpuOf(function, kernel.vcpu().index());
  }
}
