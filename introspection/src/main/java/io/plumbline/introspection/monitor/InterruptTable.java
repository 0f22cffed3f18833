package io.plumbline.introspection.monitor;

import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.roots.IdtGate;
import io.plumbline.introspection.roots.RootReader;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Observation;
import io.plumbline.introspection.trust.Observations;
import io.plumbline.introspection.trust.TrustedKernel;

/**
 * The IDT of one vCPU: all processors use the build's own, which is mapped once more to be read
 * only ({@code CPU_ENTRY_AREA_RO_IDT}, {@code arch/x86/include/asm/cpu_entry_area.h}).
 */
final class InterruptTable {
  private static final String IDT = "idt_table";
  private static final int LIMIT = 0xfff;

  /** What an exit from a guest of its own leaves (Intel SDM volume 3C, section 27.5.2). */
  private static final int LIMIT_AFTER_EXIT = 0xffff;

  private final TrustedKernel kernel;
  private final VcpuState vcpu;
  private final AddressSpace space;
  private final GateRules gates;
  private final Observations observations;

  InterruptTable(TrustedKernel kernel, VcpuState vcpu, Observations observations) {
    this.kernel = kernel;
    this.vcpu = vcpu;
    this.space = kernel.spaceOf(vcpu);
    this.gates = new GateRules(kernel);
    this.observations = observations;
  }

  void observe() {
    kernel.addressOf(IDT).ifPresent(this::place);
    RootReader.read(vcpu, space).gates().stream()
        .filter(gate -> gate.present() && !gates.allow(gate))
        .forEach(this::gate);
  }

  private void place(long own) {
    DescriptorTable idtr = vcpu.idtr();
    long frame = space.translateToFrame(idtr.base().value());
    long expected = kernel.frameAt(own);
    if (frame < 0 || expected < 0) {
      observations.notSeen("vCPU " + vcpu.index() + ": the frame of its IDT, or of " + IDT);
    } else if (frame != expected || idtr.base().offsetInPage() != 0 || !isLimit(idtr.limit())) {
      observations.add(
          MovedTable.of(kernel, vcpu, "IDTR", idtr, "the frame of " + kernel.place(own), LIMIT));
    }
  }

  /** There are no more vectors than the shorter one lets in. */
  private static boolean isLimit(int limit) {
    return limit == LIMIT || limit == LIMIT_AFTER_EXIT;
  }

  private void gate(IdtGate gate) {
    String symbol = "IDT[" + gate.vector() + "]";
    observations.add(
        Observation.of(FindingType.UNEXPECTED_DESCRIPTOR_TABLE, vcpu.index(), address(gate), symbol)
            .butFound(gates.expected(gate.vector()), GateRules.actual(gate))
            .at(symbol + "#" + firstWithSameTable()));
  }

  private GuestVirtualAddress address(IdtGate gate) {
    return vcpu.idtr().base().plus((long) gate.vector() * IdtGate.bytes(true));
  }

  /** vCPUs that share one IDT share its gates. */
  private int firstWithSameTable() {
    return kernel.vcpus().stream()
        .filter(other -> other.idtr().base().equals(vcpu.idtr().base()))
        .mapToInt(VcpuState::index)
        .min()
        .orElseThrow();
  }
}
