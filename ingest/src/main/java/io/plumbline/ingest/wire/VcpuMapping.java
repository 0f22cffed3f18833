package io.plumbline.ingest.wire;

import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.DebugRegisters;
import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.GeneralRegisters;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.schemas.ControlRegisterValues;
import io.plumbline.schemas.DebugRegisterValues;
import io.plumbline.schemas.DescriptorTableValue;
import io.plumbline.schemas.GeneralRegisterValues;
import io.plumbline.schemas.ModelSpecificRegisterValues;
import io.plumbline.schemas.SegmentValue;
import io.plumbline.schemas.Vcpu;
import java.util.Optional;

/** Between a vCPU's state and the contract's. */
final class VcpuMapping {
  private VcpuMapping() {}

  static Vcpu toRecord(VcpuState vcpu) {
    ControlRegisters control = vcpu.control();
    return new Vcpu(
        vcpu.index(),
        new ControlRegisterValues(control.cr0(), control.cr2(), control.cr3(), control.cr4()),
        general(vcpu.general()),
        segment(vcpu.es()),
        segment(vcpu.cs()),
        segment(vcpu.ss()),
        segment(vcpu.ds()),
        segment(vcpu.fs()),
        segment(vcpu.gs()),
        segment(vcpu.ldt()),
        segment(vcpu.tr()),
        table(vcpu.gdtr()),
        table(vcpu.idtr()),
        vcpu.msrs().map(VcpuMapping::msrs).orElse(null),
        vcpu.debug().map(VcpuMapping::debug).orElse(null));
  }

  static VcpuState fromRecord(Vcpu vcpu) {
    ControlRegisterValues control = vcpu.getControl();
    return new VcpuState(
        inRange("vCPU index", vcpu.getIndex(), Integer.MAX_VALUE),
        new ControlRegisters(
            control.getCr0(), control.getCr2(), control.getCr3(), control.getCr4()),
        general(vcpu.getGeneral()),
        segment(vcpu.getEs()),
        segment(vcpu.getCs()),
        segment(vcpu.getSs()),
        segment(vcpu.getDs()),
        segment(vcpu.getFs()),
        segment(vcpu.getGs()),
        segment(vcpu.getLdt()),
        segment(vcpu.getTr()),
        table(vcpu.getGdtr()),
        table(vcpu.getIdtr()),
        Optional.ofNullable(vcpu.getMsrs()).map(VcpuMapping::msrs),
        Optional.ofNullable(vcpu.getDebug()).map(VcpuMapping::debug));
  }

  private static GeneralRegisterValues general(GeneralRegisters r) {
    return new GeneralRegisterValues(
        r.rax(),
        r.rcx(),
        r.rdx(),
        r.rbx(),
        r.rsp(),
        r.rbp(),
        r.rsi(),
        r.rdi(),
        r.r8(),
        r.r9(),
        r.r10(),
        r.r11(),
        r.r12(),
        r.r13(),
        r.r14(),
        r.r15(),
        r.rip(),
        r.rflags());
  }

  private static GeneralRegisters general(GeneralRegisterValues r) {
    return new GeneralRegisters(
        r.getRax(),
        r.getRcx(),
        r.getRdx(),
        r.getRbx(),
        r.getRsp(),
        r.getRbp(),
        r.getRsi(),
        r.getRdi(),
        r.getR8(),
        r.getR9(),
        r.getR10(),
        r.getR11(),
        r.getR12(),
        r.getR13(),
        r.getR14(),
        r.getR15(),
        r.getRip(),
        r.getRflags());
  }

  private static SegmentValue segment(Segment segment) {
    return new SegmentValue(segment.selector(), segment.base(), segment.limit(), segment.flags());
  }

  private static Segment segment(SegmentValue segment) {
    return new Segment(
        inRange("selector", segment.getSelector(), 0xffff),
        segment.getBase(),
        segment.getLimit(),
        segment.getFlags());
  }

  private static DescriptorTableValue table(DescriptorTable table) {
    return new DescriptorTableValue(table.base().value(), table.limit());
  }

  private static DescriptorTable table(DescriptorTableValue table) {
    return new DescriptorTable(
        new GuestVirtualAddress(table.getBase()),
        inRange("descriptor table limit", table.getLimit(), 0xffff));
  }

  private static ModelSpecificRegisterValues msrs(ModelSpecificRegisters m) {
    return new ModelSpecificRegisterValues(
        m.efer(),
        m.star(),
        m.lstar(),
        m.cstar(),
        m.fmask(),
        m.kernelGsBase(),
        m.sysenterCs(),
        m.sysenterEsp(),
        m.sysenterEip());
  }

  private static ModelSpecificRegisters msrs(ModelSpecificRegisterValues m) {
    return new ModelSpecificRegisters(
        m.getEfer(),
        m.getStar(),
        m.getLstar(),
        m.getCstar(),
        m.getFmask(),
        m.getKernelGsBase(),
        m.getSysenterCs(),
        m.getSysenterEsp(),
        m.getSysenterEip());
  }

  private static DebugRegisterValues debug(DebugRegisters d) {
    return new DebugRegisterValues(d.dr0(), d.dr1(), d.dr2(), d.dr3(), d.dr6(), d.dr7());
  }

  private static DebugRegisters debug(DebugRegisterValues d) {
    return new DebugRegisters(
        d.getDr0(), d.getDr1(), d.getDr2(), d.getDr3(), d.getDr6(), d.getDr7());
  }

  private static int inRange(String what, int found, int most) {
    if (found < 0 || found > most) {
      throw new IllegalArgumentException(what + ": expected 0 to " + most + ", found " + found);
    }
    return found;
  }
}
