package io.plumbline.introspection.roots;

import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.AddressSpace;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The GDT, LDT and TSS of one vCPU (Intel SDM volume 3A, sections 3.5 and 8.2). */
public final class DescriptorTables {
  private static final int DESCRIPTOR_BYTES = 8;
  private static final int TABLE_INDICATOR = 1 << 2;
  private static final int PRESENT = 1 << 15;

  /** S and the executable bit of the type, in a descriptor's second half. */
  private static final int CODE_SEGMENT = 1 << 12 | 1 << 11;

  /** S and the whole type. */
  private static final int SYSTEM_TYPE = 0x1f << 8;

  private static final int TASK_32 = 9 << 8;
  private static final int TASK_BUSY = 2 << 8;

  private final LinearBytes gdt;
  private final LinearBytes ldt;
  private final LinearBytes tss;
  private final Optional<TaskState> taskState;

  private DescriptorTables(VcpuState vcpu, AddressSpace space) {
    boolean longMode = vcpu.longMode();
    this.gdt = LinearBytes.read(space, vcpu.gdtr().base(), vcpu.gdtr().limit() + 1L, longMode);
    this.ldt = segment(vcpu.ldt(), LinearBytes.LARGEST, space, longMode);
    this.tss = segment(vcpu.tr(), TaskState.BYTES, space, longMode);
    this.taskState =
        longMode && tss.has(0, TaskState.BYTES)
            ? Optional.of(TaskState.decode(new GuestVirtualAddress(vcpu.tr().base()), tss))
            : Optional.empty();
  }

  private static LinearBytes segment(
      Segment segment, int atMost, AddressSpace space, boolean longMode) {
    // A null selector marks a register that holds no segment, whatever its hidden part says.
    boolean loaded = (segment.selector() & ~3) != 0;
    long length = loaded ? Math.min(segment.limit() + 1, atMost) : 0;
    return LinearBytes.read(space, new GuestVirtualAddress(segment.base()), length, longMode);
  }

  /** Reads the tables that {@code vcpu} names. */
  public static DescriptorTables read(VcpuState vcpu, AddressSpace space) {
    return new DescriptorTables(vcpu, space);
  }

  /** The stacks of the TSS; empty outside IA-32e mode or if it cannot be read. */
  public Optional<TaskState> taskState() {
    return taskState;
  }

  /** Descriptors of 8 bytes that GDTR's limit lets in. */
  public int globalDescriptors() {
    return gdt.length() / DESCRIPTOR_BYTES;
  }

  /** One of them; empty if it cannot be read. */
  public OptionalLong globalDescriptor(int index) {
    return descriptor(gdt, index);
  }

  /** Descriptors of the LDT that LDTR names, 0 if it names none. */
  public int localDescriptors() {
    return ldt.length() / DESCRIPTOR_BYTES;
  }

  /** One of them; empty if it cannot be read. */
  public OptionalLong localDescriptor(int index) {
    return descriptor(ldt, index);
  }

  private static OptionalLong descriptor(LinearBytes table, int index) {
    int offset = index * DESCRIPTOR_BYTES;
    return table.has(offset, DESCRIPTOR_BYTES)
        ? OptionalLong.of(table.longAt(offset))
        : OptionalLong.empty();
  }

  /** Whether every byte of the tables could be read. */
  public boolean complete() {
    return gdt.complete() && ldt.complete() && tss.complete();
  }

  /** The frames that hold the tables, readable or not. */
  public Set<FrameNumber> frames() {
    Set<FrameNumber> frames = new LinkedHashSet<>(gdt.frames());
    frames.addAll(ldt.frames());
    frames.addAll(tss.frames());
    return frames;
  }

  /** Base of the present code segment that a selector names, outside 64-bit mode. */
  OptionalLong codeSegmentBase(int selector) {
    LinearBytes table = (selector & TABLE_INDICATOR) == 0 ? gdt : ldt;
    int offset = selector & ~(DESCRIPTOR_BYTES - 1);
    boolean nullSelector = (selector & ~3) == 0;
    if (nullSelector || !table.has(offset, DESCRIPTOR_BYTES)) {
      return OptionalLong.empty();
    }
    int low = table.intAt(offset);
    int high = table.intAt(offset + Integer.BYTES);
    if ((high & PRESENT) == 0 || (high & CODE_SEGMENT) != CODE_SEGMENT) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(base(low, high));
  }

  /**
   * Base of the present 32-bit TSS that a selector names: the GDT alone may hold one (section
   * 8.2.2). Types 9 and 11 are it, available and busy (table 3-2).
   */
  OptionalLong taskBase(int selector) {
    int offset = selector & ~(DESCRIPTOR_BYTES - 1);
    if ((selector & TABLE_INDICATOR) != 0 || offset == 0 || !gdt.has(offset, DESCRIPTOR_BYTES)) {
      return OptionalLong.empty();
    }
    int low = gdt.intAt(offset);
    int high = gdt.intAt(offset + Integer.BYTES);
    boolean task = (high & SYSTEM_TYPE & ~TASK_BUSY) == TASK_32;
    return (high & PRESENT) != 0 && task ? OptionalLong.of(base(low, high)) : OptionalLong.empty();
  }

  private static long base(int low, int high) {
    return (low >>> 16) | (high & 0xffL) << 16 | (high & 0xff00_0000L);
  }
}
