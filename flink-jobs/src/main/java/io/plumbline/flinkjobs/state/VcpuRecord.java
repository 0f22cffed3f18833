package io.plumbline.flinkjobs.state;

import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.DebugRegisters;
import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.GeneralRegisters;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.Arrays;
import java.util.Optional;

/**
 * The registers of one vCPU as flat numbers. Each array is in the order of the core's record of the
 * same name; a register that joins goes to its array's end.
 *
 * @param control {@link ControlRegisters}
 * @param general {@link GeneralRegisters}
 * @param segments ES, CS, SS, DS, FS, GS, LDT, TR; each selector, base, limit, flags
 * @param tables GDTR, IDTR; each base, limit
 * @param msrs {@link ModelSpecificRegisters}; null if the source does not carry them
 * @param debug {@link DebugRegisters}; null if the source does not carry them
 */
public record VcpuRecord(
    int index,
    long[] control,
    long[] general,
    long[] segments,
    long[] tables,
    long[] msrs,
    long[] debug) {
  /** Whether every register holds the same. */
  public boolean sameAs(VcpuRecord other) {
    return index == other.index
        && Arrays.equals(control, other.control)
        && Arrays.equals(general, other.general)
        && Arrays.equals(segments, other.segments)
        && Arrays.equals(tables, other.tables)
        && Arrays.equals(msrs, other.msrs)
        && Arrays.equals(debug, other.debug);
  }

  /** The vCPU as the core knows it. */
  public VcpuState toDomain() {
    return new VcpuState(
        index,
        new ControlRegisters(control[0], control[1], control[2], control[3]),
        generalRegisters(general),
        segment(0),
        segment(1),
        segment(2),
        segment(3),
        segment(4),
        segment(5),
        segment(6),
        segment(7),
        new DescriptorTable(new GuestVirtualAddress(tables[0]), (int) tables[1]),
        new DescriptorTable(new GuestVirtualAddress(tables[2]), (int) tables[3]),
        Optional.ofNullable(msrs).map(VcpuRecord::modelSpecific),
        Optional.ofNullable(debug).map(VcpuRecord::debugRegisters));
  }

  private Segment segment(int number) {
    int at = 4 * number;
    return new Segment(
        (int) segments[at], segments[at + 1], segments[at + 2], (int) segments[at + 3]);
  }

  private static GeneralRegisters generalRegisters(long[] r) {
    return new GeneralRegisters(
        r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13],
        r[14], r[15], r[16], r[17]);
  }

  private static ModelSpecificRegisters modelSpecific(long[] r) {
    return new ModelSpecificRegisters(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8]);
  }

  private static DebugRegisters debugRegisters(long[] r) {
    return new DebugRegisters(r[0], r[1], r[2], r[3], r[4], r[5]);
  }
}
