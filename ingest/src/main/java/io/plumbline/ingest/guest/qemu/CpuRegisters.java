package io.plumbline.ingest.guest.qemu;

import io.plumbline.ingest.guest.file.ByteCursor;
import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.DebugRegisters;
import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.GeneralRegisters;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The registers of one x86 vCPU out of its device section, by the names of QEMU's fields (QEMU
 * target/i386/machine.c, {@code vmstate_x86_cpu}).
 */
final class CpuRegisters implements DeviceSections.FieldReader {
  /** The device section's name; its instance is the vCPU's number. */
  static final String DEVICE = "cpu";

  private static final int LARGEST_TABLE_LIMIT = 0xffff;
  private static final Set<String> FIELDS =
      Set.of(
          "env.regs",
          "env.eip",
          "env.eflags",
          "env.segs",
          "env.ldt",
          "env.tr",
          "env.gdt",
          "env.idt",
          "env.sysenter_cs",
          "env.sysenter_esp",
          "env.sysenter_eip",
          "env.cr[0]",
          "env.cr[2]",
          "env.cr[3]",
          "env.cr[4]",
          "env.dr",
          "env.efer",
          "env.star",
          "env.lstar",
          "env.cstar",
          "env.fmask",
          "env.kernelgsbase");

  /** Twice the numbers that the fields above hold on any x86 QEMU; a stranger may claim more. */
  private static final int MOST_NUMBERS = 256;

  private final int index;
  private final ByteCursor in;
  private final Map<String, Long> numbers = new HashMap<>();

  CpuRegisters(int index, ByteCursor in) {
    this.index = index;
    this.in = in;
  }

  @Override
  public boolean wants(String field) {
    return FIELDS.contains(field) && numbers.size() < MOST_NUMBERS;
  }

  @Override
  public void number(String path, long value) {
    if (numbers.size() < MOST_NUMBERS) {
      numbers.put(path, value);
    }
  }

  /**
   * The state, once the section was read.
   *
   * @throws ImageException if a register is not in the section
   */
  VcpuState state() throws ImageException {
    return new VcpuState(
        index,
        new ControlRegisters(
            get("env.cr[0]"), get("env.cr[2]"), get("env.cr[3]"), get("env.cr[4]")),
        general(),
        segment("env.segs[0]"),
        segment("env.segs[1]"),
        segment("env.segs[2]"),
        segment("env.segs[3]"),
        segment("env.segs[4]"),
        segment("env.segs[5]"),
        segment("env.ldt"),
        segment("env.tr"),
        table("env.gdt"),
        table("env.idt"),
        Optional.of(msrs()),
        Optional.of(
            new DebugRegisters(
                get("env.dr[0]"),
                get("env.dr[1]"),
                get("env.dr[2]"),
                get("env.dr[3]"),
                get("env.dr[6]"),
                get("env.dr[7]"))));
  }

  private GeneralRegisters general() throws ImageException {
    long[] r = new long[16];
    for (int i = 0; i < r.length; i++) {
      // A 32-bit-only build of QEMU has eight of them.
      r[i] = i >= 8 && !numbers.containsKey("env.regs[8]") ? 0 : get("env.regs[" + i + "]");
    }
    return new GeneralRegisters(
        r[0],
        r[1],
        r[2],
        r[3],
        r[4],
        r[5],
        r[6],
        r[7],
        r[8],
        r[9],
        r[10],
        r[11],
        r[12],
        r[13],
        r[14],
        r[15],
        get("env.eip"),
        get("env.eflags"));
  }

  /**
   * A 32-bit-only build of QEMU has no 64-bit system calls, and reads as if they were never set.
   */
  private ModelSpecificRegisters msrs() throws ImageException {
    boolean hasLongMode = numbers.containsKey("env.lstar");
    return new ModelSpecificRegisters(
        get("env.efer"),
        get("env.star"),
        hasLongMode ? get("env.lstar") : 0,
        hasLongMode ? get("env.cstar") : 0,
        hasLongMode ? get("env.fmask") : 0,
        hasLongMode ? get("env.kernelgsbase") : 0,
        get("env.sysenter_cs"),
        get("env.sysenter_esp"),
        get("env.sysenter_eip"));
  }

  private Segment segment(String path) throws ImageException {
    return new Segment(
        (int) get(path + ".selector") & 0xffff,
        get(path + ".base"),
        get(path + ".limit") & 0xffff_ffffL,
        (int) get(path + ".flags"));
  }

  private DescriptorTable table(String path) throws ImageException {
    long limit = get(path + ".limit");
    if (limit < 0 || limit > LARGEST_TABLE_LIMIT) {
      throw in.malformed(
          "vCPU " + index + ", " + path + ".limit", "0 to 65535", Long.toUnsignedString(limit));
    }
    return new DescriptorTable(new GuestVirtualAddress(get(path + ".base")), (int) limit);
  }

  private long get(String path) throws ImageException {
    Long value = numbers.get(path);
    if (value == null) {
      throw in.malformed("section of vCPU " + index, "the field " + path, "none of that name");
    }
    return value;
  }
}
