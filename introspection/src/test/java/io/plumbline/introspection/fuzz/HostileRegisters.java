package io.plumbline.introspection.fuzz;

import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.Optional;

/** The registers of one vCPU, open to change. */
final class HostileRegisters {
  private final VcpuState original;
  int index;
  long cr0;
  long cr3;
  long cr4;
  int codeSelector;
  int codeFlags;
  long idtBase;
  int idtLimit;
  long gdtBase;
  int gdtLimit;
  Segment ldt;
  Segment tr;
  boolean withMsrs = true;
  long efer;
  long lstar;
  long cstar;
  long sysenterCs;
  long sysenterEip;

  HostileRegisters(VcpuState original) {
    ModelSpecificRegisters msrs = original.msrs().orElseThrow();
    this.original = original;
    index = original.index();
    cr0 = original.control().cr0();
    cr3 = original.control().cr3();
    cr4 = original.control().cr4();
    codeSelector = original.cs().selector();
    codeFlags = original.cs().flags();
    idtBase = original.idtr().base().value();
    idtLimit = original.idtr().limit();
    gdtBase = original.gdtr().base().value();
    gdtLimit = original.gdtr().limit();
    ldt = original.ldt();
    tr = original.tr();
    efer = msrs.efer();
    lstar = msrs.lstar();
    cstar = msrs.cstar();
    sysenterCs = msrs.sysenterCs();
    sysenterEip = msrs.sysenterEip();
  }

  VcpuState state() {
    Segment cs = original.cs();
    return new VcpuState(
        index,
        new ControlRegisters(cr0, 0, cr3, cr4),
        original.general(),
        original.es(),
        new Segment(codeSelector, cs.base(), cs.limit(), codeFlags),
        original.ss(),
        original.ds(),
        original.fs(),
        original.gs(),
        ldt,
        tr,
        new DescriptorTable(new GuestVirtualAddress(gdtBase), gdtLimit),
        new DescriptorTable(new GuestVirtualAddress(idtBase), idtLimit),
        withMsrs
            ? Optional.of(
                new ModelSpecificRegisters(efer, 0, lstar, cstar, 0, 0, sysenterCs, 0, sysenterEip))
            : Optional.empty(),
        Optional.empty());
  }
}
