package io.plumbline.introspection.monitor;

import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.roots.DescriptorTables;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Observation;
import io.plumbline.introspection.trust.Observations;
import io.plumbline.introspection.trust.TrustedKernel;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The GDT and LDT of one vCPU, held against what its kernel makes of them. */
final class SegmentTables {
  private static final String GDT = "gdt_page";

  private final TrustedKernel kernel;
  private final ProcessorAreas areas;
  private final VcpuState vcpu;
  private final DescriptorTables tables;
  private final Observations observations;

  SegmentTables(
      TrustedKernel kernel, ProcessorAreas areas, VcpuState vcpu, Observations observations) {
    this.kernel = kernel;
    this.areas = areas;
    this.vcpu = vcpu;
    this.tables = DescriptorTables.read(vcpu, kernel.spaceOf(vcpu));
    this.observations = observations;
  }

  /** Looks at them, and then at the TSS that one of the descriptors names. */
  void observe() {
    if (kernel.addressOf(GDT).isEmpty() || areas.count() == 0) {
      return; // a build that keeps its segments otherwise
    }
    AddressSpace space = kernel.spaceOf(vcpu);
    OptionalInt owner = areas.ownerOf(space.translateToFrame(vcpu.gdtr().base().value()), GDT);
    place(owner);
    boolean seen = tables.taskState().isPresent();
    for (int i = 0; i < Math.min(tables.globalDescriptors(), SegmentRules.IN_PAGE); i++) {
      seen &= tables.globalDescriptor(i).isPresent();
      global(i);
    }
    for (int i = 0; i < tables.localDescriptors(); i++) {
      seen &= tables.localDescriptor(i).isPresent();
      local(i);
    }
    if (!seen) {
      observations.notSeen("vCPU " + vcpu.index() + ": all of its GDT, LDT and TSS");
    }
    new ProcessorTask(kernel, areas, vcpu, observations).observe(owner);
  }

  private void place(OptionalInt owner) {
    DescriptorTable gdtr = vcpu.gdtr();
    boolean own = owner.isPresent() && gdtr.base().offsetInPage() == 0;
    if (owner.isEmpty() && areas.unreadable()) {
      observations.notSeen("vCPU " + vcpu.index() + ": whose GDT it uses");
    } else if (!own || !SegmentRules.isLimit(gdtr.limit())) {
      observations.add(
          MovedTable.of(kernel, vcpu, "GDTR", gdtr, "a processor's " + GDT, SegmentRules.LIMIT));
    }
  }

  private void global(int index) {
    OptionalLong found = tables.globalDescriptor(index);
    if (found.isEmpty()) {
      return; // which is said once
    }
    long high = tables.globalDescriptor(index + 1).orElse(0);
    GuestVirtualAddress at = vcpu.gdtr().base().plus((long) index * Long.BYTES);
    String symbol = "GDT[" + index + "]";
    if (index != SegmentRules.TASK) {
      SegmentRules.fault(index, found.getAsLong(), high)
          .ifPresent(expected -> fault(at, symbol, expected, found.getAsLong()));
    } else if (!SegmentRules.isTask(found.getAsLong(), high, vcpu.tr().base())) {
      String task = "a TSS at " + new GuestVirtualAddress(vcpu.tr().base());
      fault(at, symbol, task, found.getAsLong());
    }
  }

  private void local(int index) {
    OptionalLong found = tables.localDescriptor(index);
    if (found.isPresent()) {
      long base = vcpu.ldt().base() + (long) index * Long.BYTES;
      SegmentRules.programFault(found.getAsLong())
          .ifPresent(
              expected ->
                  fault(
                      new GuestVirtualAddress(base),
                      "LDT[" + index + "]",
                      expected,
                      found.getAsLong()));
    }
  }

  private void fault(GuestVirtualAddress at, String symbol, String expected, long actual) {
    observations.add(
        Observation.of(FindingType.UNEXPECTED_DESCRIPTOR_TABLE, vcpu.index(), at, symbol)
            .butFound(expected, String.format("0x%016x", actual)));
  }
}
