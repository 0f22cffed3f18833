package io.plumbline.introspection.monitor;

import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.roots.DescriptorTables;
import io.plumbline.introspection.roots.IdtGate;
import io.plumbline.introspection.roots.RootReader;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Observation;
import io.plumbline.introspection.trust.Observations;
import io.plumbline.introspection.trust.TrustedKernel;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The IDT, GDT and LDT of one vCPU, held against what its kernel makes of them. */
final class ProcessorTables {
  private static final String IDT = "idt_table";
  private static final String GDT = "gdt_page";
  private static final int IDT_LIMIT = 0xfff;
  private static final int PAGE_OFFSET = 0xfff;

  private final TrustedKernel kernel;
  private final ProcessorAreas areas;
  private final VcpuState vcpu;
  private final AddressSpace space;
  private final DescriptorTables tables;
  private final GateRules gates;
  private final Observations observations;

  ProcessorTables(
      TrustedKernel kernel, ProcessorAreas areas, VcpuState vcpu, Observations observations) {
    this.kernel = kernel;
    this.areas = areas;
    this.vcpu = vcpu;
    this.space = kernel.spaceOf(vcpu);
    this.tables = DescriptorTables.read(vcpu, space);
    this.gates = new GateRules(kernel);
    this.observations = observations;
  }

  void observe() {
    if (!vcpu.control().flexibleReturnAndEventDelivery()) {
      kernel.addressOf(IDT).ifPresent(this::interruptTable);
    }
    if (kernel.addressOf(GDT).isPresent() && areas.count() > 0) {
      OptionalInt owner = frameOwner(vcpu.gdtr().base().value(), GDT);
      segmentTable(owner);
      new ProcessorTask(kernel, areas, vcpu, observations).observe(owner);
    }
  }

  private void interruptTable(long own) {
    DescriptorTable idtr = vcpu.idtr();
    long frame = space.translateToFrame(idtr.base().value());
    boolean same = frame == kernel.frameAt(own) && idtr.base().offsetInPage() == 0;
    if (frame < 0 || kernel.frameAt(own) < 0) {
      observations.notSeen("vCPU " + vcpu.index() + ": the frame of the IDT or of " + IDT);
    } else if (!same || idtr.limit() != IDT_LIMIT) {
      moved("IDTR", idtr, "the frame of " + kernel.place(own), IDT_LIMIT);
    }
    RootReader.read(vcpu, space).gates().stream()
        .filter(gate -> gate.present() && !gates.allow(gate))
        .forEach(this::gate);
  }

  private void gate(IdtGate gate) {
    GuestVirtualAddress address =
        vcpu.idtr().base().plus((long) gate.vector() * IdtGate.bytes(true));
    String symbol = "IDT[" + gate.vector() + "]";
    observations.add(
        table(address, symbol)
            .butFound(gates.expected(gate.vector()), GateRules.actual(gate))
            .at(symbol + "#" + firstWithSameIdt()));
  }

  /** vCPUs that share one IDT share its gates. */
  private int firstWithSameIdt() {
    return kernel.vcpus().stream()
        .filter(other -> other.idtr().base().equals(vcpu.idtr().base()))
        .mapToInt(VcpuState::index)
        .min()
        .orElseThrow();
  }

  private void segmentTable(OptionalInt owner) {
    DescriptorTable gdtr = vcpu.gdtr();
    boolean own = owner.isPresent() && gdtr.base().offsetInPage() == 0;
    if (owner.isEmpty() && areas.unreadable()) {
      observations.notSeen("vCPU " + vcpu.index() + ": whose GDT it uses");
    } else if (!own || gdtr.limit() != SegmentRules.LIMIT) {
      moved("GDTR", gdtr, "a frame of " + GDT, SegmentRules.LIMIT);
    }
    for (int i = 0; i < Math.min(tables.globalDescriptors(), SegmentRules.DESCRIPTORS); i++) {
      descriptor(i);
    }
    for (int i = 0; i < tables.localDescriptors(); i++) {
      OptionalLong local = tables.localDescriptor(i);
      if (local.isPresent()) {
        GuestVirtualAddress at = new GuestVirtualAddress(vcpu.ldt().base() + (long) i * Long.BYTES);
        String symbol = "LDT[" + i + "]";
        SegmentRules.programFault(local.getAsLong())
            .ifPresent(expected -> descriptor(at, symbol, expected, local.getAsLong()));
      }
    }
    if (!tables.complete()) {
      observations.notSeen("vCPU " + vcpu.index() + ": all of its GDT, LDT and TSS");
    }
  }

  private void descriptor(int index) {
    OptionalLong found = tables.globalDescriptor(index);
    if (found.isEmpty()) {
      return; // not complete, which is said once
    }
    long high = tables.globalDescriptor(index + 1).orElse(0);
    GuestVirtualAddress at = vcpu.gdtr().base().plus((long) index * Long.BYTES);
    String symbol = "GDT[" + index + "]";
    if (index != SegmentRules.TASK) {
      SegmentRules.fault(index, found.getAsLong(), high)
          .ifPresent(expected -> descriptor(at, symbol, expected, found.getAsLong()));
    } else if (!SegmentRules.isTask(found.getAsLong(), high, vcpu.tr().base())) {
      String task = "a TSS at " + new GuestVirtualAddress(vcpu.tr().base());
      descriptor(at, symbol, task, found.getAsLong());
    }
  }

  private void descriptor(GuestVirtualAddress at, String symbol, String expected, long actual) {
    observations.add(table(at, symbol).butFound(expected, String.format("0x%016x", actual)));
  }

  private OptionalInt frameOwner(long address, String symbol) {
    return areas.ownerOf(space.translateToFrame(address & ~PAGE_OFFSET), symbol);
  }

  private void moved(String register, DescriptorTable table, String expected, int limit) {
    observations.add(
        table(table.base(), register)
            .butFound(
                expected + ", limit 0x" + Integer.toHexString(limit),
                String.format(
                    "%s, frame 0x%x, limit 0x%x",
                    kernel.place(table.base().value()),
                    space.translateToFrame(table.base().value()),
                    table.limit())));
  }

  private Observation table(GuestVirtualAddress address, String symbol) {
    return Observation.of(FindingType.UNEXPECTED_DESCRIPTOR_TABLE, vcpu.index(), address, symbol);
  }
}
