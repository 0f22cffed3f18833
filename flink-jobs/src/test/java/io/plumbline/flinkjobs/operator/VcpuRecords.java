package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.VcpuRecord;
import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.DebugRegisters;
import io.plumbline.introspection.hardware.GeneralRegisters;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import java.util.List;
import java.util.stream.LongStream;

/** A vCPU of the core as flat numbers. */
final class VcpuRecords {
  private VcpuRecords() {}

  static VcpuRecord of(VcpuState vcpu) {
    ControlRegisters control = vcpu.control();
    LongStream segments =
        List.of(
                vcpu.es(),
                vcpu.cs(),
                vcpu.ss(),
                vcpu.ds(),
                vcpu.fs(),
                vcpu.gs(),
                vcpu.ldt(),
                vcpu.tr())
            .stream()
            .flatMapToLong(VcpuRecords::of);
    return new VcpuRecord(
        vcpu.index(),
        new long[] {control.cr0(), control.cr2(), control.cr3(), control.cr4()},
        of(vcpu.general()),
        segments.toArray(),
        new long[] {
          vcpu.gdtr().base().value(),
          vcpu.gdtr().limit(),
          vcpu.idtr().base().value(),
          vcpu.idtr().limit()
        },
        vcpu.msrs().map(VcpuRecords::of).orElse(null),
        vcpu.debug().map(VcpuRecords::of).orElse(null));
  }

  private static LongStream of(Segment segment) {
    return LongStream.of(segment.selector(), segment.base(), segment.limit(), segment.flags());
  }

  private static long[] of(GeneralRegisters r) {
    return new long[] {
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
      r.rflags()
    };
  }

  private static long[] of(ModelSpecificRegisters r) {
    return new long[] {
      r.efer(),
      r.star(),
      r.lstar(),
      r.cstar(),
      r.fmask(),
      r.kernelGsBase(),
      r.sysenterCs(),
      r.sysenterEsp(),
      r.sysenterEip()
    };
  }

  private static long[] of(DebugRegisters r) {
    return new long[] {r.dr0(), r.dr1(), r.dr2(), r.dr3(), r.dr6(), r.dr7()};
  }
}
