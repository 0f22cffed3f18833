package io.plumbline.introspection.testing;

import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.GeneralRegisters;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.Optional;

/** The registers of a synthetic guest while it is being built. */
final class SyntheticRegisters {
  static final int CODE_SELECTOR = 0x10;
  static final int TASK_SELECTOR = 0x40;
  static final int CODE_FLAGS = 0x00c0_9b00;

  private static final int LONG_CODE_FLAGS = 0x0020_9b00;
  private static final int DATA_FLAGS = 0x00c0_9300;
  private static final int TASK_FLAGS = 0x8b00;
  private static final long STAR = 0x0023_0010_0000_0000L;
  private static final long SYSCALL_MASK = 0x4_7700;
  private static final long FOUR_GIB_LIMIT = 0xffff_ffffL;

  private final TableFormat format;
  boolean noExecute = true;
  boolean writeProtect = true;
  boolean executionPrevention = true;
  boolean pageSizeExtensions = true;
  boolean fred;
  boolean syscall = true;
  boolean withMsrs = true;
  int index;
  int privilege;
  long lstar;
  long cstar;
  long sysenter;
  long gsBase;
  long cr3;
  DescriptorTable gdtr = new DescriptorTable(new GuestVirtualAddress(0), 0);
  DescriptorTable idtr = new DescriptorTable(new GuestVirtualAddress(0), 0);
  long tssBase;

  SyntheticRegisters(TableFormat format) {
    this.format = format;
  }

  VcpuState state() {
    Segment data = new Segment(0x18 | privilege, 0, FOUR_GIB_LIMIT, DATA_FLAGS);
    return new VcpuState(
        index,
        new ControlRegisters(cr0(), 0, cr3, cr4()),
        new GeneralRegisters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2),
        data,
        new Segment(
            CODE_SELECTOR | privilege,
            0,
            FOUR_GIB_LIMIT,
            format.longMode() ? LONG_CODE_FLAGS : CODE_FLAGS),
        data,
        data,
        data,
        new Segment(data.selector(), gsBase, FOUR_GIB_LIMIT, DATA_FLAGS),
        new Segment(0, 0, 0, 0),
        tssBase == 0
            ? new Segment(0, 0, 0, 0)
            : new Segment(TASK_SELECTOR, tssBase, 0x67, TASK_FLAGS),
        gdtr,
        idtr,
        withMsrs ? Optional.of(msrs()) : Optional.empty(),
        Optional.empty());
  }

  private long cr0() {
    return 1 | (writeProtect ? 1L << 16 : 0) | (format == TableFormat.UNPAGED ? 0 : 1L << 31);
  }

  private long cr4() {
    return (pageSizeExtensions ? 1L << 4 : 0)
        | (format.entryBytes == Long.BYTES ? 1L << 5 : 0)
        | (format == TableFormat.FIVE_LEVEL ? 1L << 12 : 0)
        | (executionPrevention ? 1L << 20 : 0)
        | (fred ? 1L << 32 : 0);
  }

  private ModelSpecificRegisters msrs() {
    long efer =
        (syscall ? 1 : 0)
            | (format.longMode() ? 1L << 8 | 1L << 10 : 0)
            | (noExecute ? 1L << 11 : 0);
    return new ModelSpecificRegisters(
        efer, STAR, lstar, cstar, SYSCALL_MASK, 0, sysenter == 0 ? 0 : CODE_SELECTOR, 0, sysenter);
  }
}
