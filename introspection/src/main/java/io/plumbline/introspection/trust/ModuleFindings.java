package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.ExecutableRange;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.verify.image.Deviation;
import io.plumbline.introspection.verify.module.ChangedText;
import io.plumbline.introspection.verify.module.ModuleVerification;
import io.plumbline.introspection.verify.patch.DataFault;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Findings about modules of the build that are not as they must be. */
final class ModuleFindings {
  private static final int PAGE = PageBytes.SIZE;
  private static final HexFormat SPACED = HexFormat.ofDelimiter(" ");

  private final GuestKernel kernel;
  private final KernelWithModules placed;
  private final Evidence evidence;
  private final FindingBook findings;
  private final ReachedPlaces reached;

  ModuleFindings(
      GuestKernel kernel,
      KernelWithModules placed,
      Evidence evidence,
      FindingBook findings,
      ReachedPlaces reached) {
    this.kernel = kernel;
    this.placed = placed;
    this.evidence = evidence;
    this.findings = findings;
    this.reached = reached;
  }

  void report() {
    placed.modules().verifications().forEach(this::report);
  }

  private void report(ModuleVerification module) {
    module.deviations().forEach(each -> deviation(module, each));
    module.faults().forEach(each -> fault(module, each));
    if (module.unreadableBytes() > 0) {
      unreadable(module);
    }
    writable(module);
  }

  private void deviation(ModuleVerification module, Deviation deviation) {
    Optional<ChangedText> changed = module.changed();
    if (deviation.region() == Deviation.Region.TEXT && changed.isPresent()) {
      text(module, changed.get(), deviation);
    } else {
      data(module, deviation);
    }
  }

  /** Changed code, told from the beginning of the first instruction that is not what it must be. */
  private void text(ModuleVerification module, ChangedText changed, Deviation deviation) {
    int end = deviation.offset() + deviation.length();
    int start = changed.instructionAt(changed.firstChange(deviation.offset(), end));
    long address = module.address() + start;
    Way way = reached.toCode(address, end - start);
    findings.add(
        typeOf(module, deviation),
        way.vcpu(),
        new GuestVirtualAddress(address),
        placed.nameOf(address),
        module.owner(),
        evidence.instruction(changed.expected(), start, address),
        evidence.instruction(changed.guest(), start, address),
        way.path(),
        module.owner() + " code+" + start);
  }

  private static FindingType typeOf(ModuleVerification module, Deviation deviation) {
    if (module.dataUnread() && deviation.dependsOnData()) {
      return FindingType.UNREADABLE;
    }
    return deviation.misleadsTracer()
        ? FindingType.UNEXPECTED_FTRACE_HANDLER
        : FindingType.UNEXPECTED_CODE_MODIFICATION;
  }

  private void data(ModuleVerification module, Deviation deviation) {
    findings.add(
        deviation.region() == Deviation.Region.READ_ONLY_AFTER_INIT
            ? FindingType.UNEXPECTED_CONTROL_FLOW_TARGET
            : FindingType.UNEXPECTED_READ_ONLY_DATA_MODIFICATION,
        reached.anyVcpu(),
        new GuestVirtualAddress(deviation.address()),
        deviation.symbol(),
        module.owner(),
        SPACED.formatHex(deviation.expected()),
        SPACED.formatHex(deviation.actual()),
        List.of(deviation.symbol()),
        module.owner() + " data+" + deviation.offset());
  }

  private void fault(ModuleVerification module, DataFault fault) {
    String actual = evidence.place(new GuestVirtualAddress(fault.actual()));
    findings.add(
        FindingType.UNEXPECTED_CONTROL_FLOW_TARGET,
        reached.anyVcpu(),
        new GuestVirtualAddress(fault.address()),
        fault.symbol(),
        module.owner(),
        fault.expected() == 0
            ? "a legal " + fault.what()
            : evidence.place(new GuestVirtualAddress(fault.expected())),
        actual,
        List.of(fault.symbol(), actual),
        module.owner() + " fault+" + fault.symbol());
  }

  private void unreadable(ModuleVerification module) {
    findings.add(
        FindingType.UNREADABLE,
        reached.anyVcpu(),
        new GuestVirtualAddress(module.address()),
        placed.nameOf(module.address()),
        module.owner(),
        "all code and read-only data of the module",
        module.unreadableBytes() + " bytes that cannot be read",
        List.of(),
        module.owner() + " unreadable");
  }

  /** Code of a module is never writable where it is executable. */
  private void writable(ModuleVerification module) {
    for (int page = 0; page < module.pages(); page++) {
      GuestVirtualAddress address = new GuestVirtualAddress(module.address() + (long) page * PAGE);
      Optional<ExecutableRange> range = kernel.executable().kernelRangeAt(address.value());
      if (range.isPresent() && range.get().rights().writable()) {
        findings.add(
            FindingType.UNEXPECTED_PAGE_MAPPING,
            reached.anyVcpu(),
            address,
            placed.nameOf(address.value()),
            module.owner(),
            "code that cannot be written",
            evidence.mapping(address),
            List.of(placed.nameOf(address.value())),
            module.owner() + " writable");
        return;
      }
    }
  }
}
