package io.plumbline.introspection.trust;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.roots.IdtGate;
import io.plumbline.introspection.verify.RootCheck;
import java.util.List;
import java.util.stream.Collectors;

/** Findings about hardware roots that lead elsewhere than the build has them lead. */
final class RootFindings {
  private final Guest guest;
  private final GuestKernel kernel;
  private final Evidence evidence;
  private final FindingBook findings;

  RootFindings(Guest guest, GuestKernel kernel, Evidence evidence, FindingBook findings) {
    this.guest = guest;
    this.kernel = kernel;
    this.evidence = evidence;
    this.findings = findings;
  }

  /** Reports a root that leads elsewhere. */
  void add(RootCheck.Stray stray) {
    HardwareRoot root = stray.root();
    String name = Evidence.nameOf(root);
    boolean gate = root.kind() == HardwareRoot.Kind.IDT_GATE;
    findings.add(
        gate
            ? FindingType.UNEXPECTED_INTERRUPT_HANDLER
            : FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER,
        root.vcpu(),
        gate ? gateAddress(root) : root.target(),
        name,
        evidence.owner(root.target()),
        stray.expected().isEmpty()
            ? "not in use"
            : stray.expected().stream().map(evidence::place).collect(Collectors.joining(" or ")),
        evidence.place(root.target()),
        List.of(name, evidence.place(root.target())),
        // vCPUs that share one IDT share its gates; a register is each vCPU's own.
        name + "#" + (gate ? firstWithIdtOf(root.vcpu()) : root.vcpu()));
  }

  private GuestVirtualAddress gateAddress(HardwareRoot root) {
    return idtOf(root.vcpu()).plus((long) root.vector() * IdtGate.bytes(kernel.vcpu().longMode()));
  }

  private int firstWithIdtOf(int vcpu) {
    GuestVirtualAddress idt = idtOf(vcpu);
    return guest.vcpus().stream()
        .filter(state -> state.idtr().base().equals(idt))
        .mapToInt(VcpuState::index)
        .min()
        .orElse(vcpu);
  }

  private GuestVirtualAddress idtOf(int vcpu) {
    return guest.vcpus().stream()
        .filter(state -> state.index() == vcpu)
        .findFirst()
        .orElseThrow()
        .idtr()
        .base();
  }
}
