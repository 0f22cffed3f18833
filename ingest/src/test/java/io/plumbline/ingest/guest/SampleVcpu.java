package io.plumbline.ingest.guest;

import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.DebugRegisters;
import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.GeneralRegisters;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.Optional;

/** A vCPU in which every register has a value of its own, so that a mix-up shows. */
final class SampleVcpu {
  private SampleVcpu() {}

  static VcpuState numbered(int index) {
    long n = 0x1000L * (index + 1);
    return new VcpuState(
        index,
        new ControlRegisters(0x8005_0033L, n + 2, n + 3, 0x3506b0L),
        new GeneralRegisters(
            n + 10,
            n + 11,
            n + 12,
            n + 13,
            n + 14,
            n + 15,
            n + 16,
            n + 17,
            n + 18,
            n + 19,
            n + 20,
            n + 21,
            n + 22,
            n + 23,
            n + 24,
            n + 25,
            0xffff_ffff_8100_0000L + n,
            0x246L),
        segment(1, n),
        segment(2, n),
        segment(3, n),
        segment(4, n),
        segment(5, n),
        segment(6, n),
        segment(7, n),
        segment(8, n),
        new DescriptorTable(new GuestVirtualAddress(0xffff_fe00_0000_1000L + n), 0x7f),
        new DescriptorTable(new GuestVirtualAddress(0xffff_fe00_0000_0000L), 0xfff),
        Optional.of(
            new ModelSpecificRegisters(
                0xd01L,
                n + 31,
                0xffff_ffff_8180_0000L + n,
                n + 33,
                n + 34,
                n + 35,
                16,
                n + 37,
                n + 38)),
        Optional.of(new DebugRegisters(n + 40, n + 41, n + 42, n + 43, n + 46, n + 47)));
  }

  /** As a format that carries neither MSRs nor debug registers shows it. */
  static VcpuState withoutMsrs(VcpuState v) {
    return new VcpuState(
        v.index(),
        v.control(),
        v.general(),
        v.es(),
        v.cs(),
        v.ss(),
        v.ds(),
        v.fs(),
        v.gs(),
        v.ldt(),
        v.tr(),
        v.gdtr(),
        v.idtr(),
        Optional.empty(),
        Optional.empty());
  }

  private static Segment segment(int which, long n) {
    return new Segment(which * 8, n + 0x100L * which, 0xffff_ff00L + which, 0xaf_9b00 + which);
  }
}
