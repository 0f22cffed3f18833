package io.plumbline.introspection.testing;

import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.Rights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;

/**
 * Builds a {@link SyntheticGuest}. Addresses are linear addresses of the guest; every mapping takes
 * effect at once, so that {@link #editEntry} and {@link #restrict} can damage it afterwards.
 */
public final class SyntheticGuestBuilder {
  private static final int GATE_BYTES = 16;
  private static final int INTERRUPT_GATE = 0x8e;
  private static final int VECTORS = 256;
  private static final int TASK = 0x3000;

  private final TableFormat format;
  private final SyntheticMemory memory = new SyntheticMemory();
  private final SyntheticRegisters registers;
  private final List<MappedPage> mapped = new ArrayList<>();
  private final Map<Integer, byte[]> gates = new TreeMap<>();
  private final long tables;
  private int gateLimit = VECTORS;

  SyntheticGuestBuilder(TableFormat format) {
    this.format = format;
    this.registers = new SyntheticRegisters(format);
    this.tables = format.longMode() ? 0xffff_fe00_0000_0000L : 0xffb0_0000L;
    this.registers.cr3 = memory.allocate(1) << 12;
  }

  /** Supervisor code, read and execute, in as many 4 KiB pages as the bytes need. */
  public SyntheticGuestBuilder code(long va, int... bytes) {
    return place(va, bytesOf(bytes), Rights.KERNEL_CODE);
  }

  /** Supervisor data, read and write without execution. */
  public SyntheticGuestBuilder data(long va, int... bytes) {
    return place(va, bytesOf(bytes), Rights.KERNEL_DATA);
  }

  /** Bytes at any address, in fresh 4 KiB pages where nothing is mapped yet. */
  public SyntheticGuestBuilder place(long va, byte[] bytes, Rights rights) {
    for (long page = va & -PageBytes.SIZE;
        page - va < Math.max(1, bytes.length);
        page += PageBytes.SIZE) {
      if (find(page) == null) {
        map(page, memory.allocate(1), 1, rights);
      }
    }
    for (int index = 0; index < bytes.length; index++) {
      long at = va + index;
      memory.write(find(at).frameAt(at) << 12 | (at & 0xfff), new byte[] {bytes[index]});
    }
    return this;
  }

  /**
   * One page of the size that an entry of this level maps, over frames of its own.
   *
   * @param level 1 for 4 KiB, 2 for 2 or 4 MiB, 3 for 1 GiB
   */
  public SyntheticGuestBuilder page(long va, int level, Rights rights) {
    return map(va, memory.allocate(format.span(level) >>> 12), level, rights);
  }

  /** One page at a given frame; what was mapped at the address before is replaced. */
  public SyntheticGuestBuilder map(long va, long frame, int level, Rights rights) {
    if (format == TableFormat.UNPAGED) {
      mapped.add(new MappedPage(va, va >>> 12, PageBytes.SIZE, new Rights(false, true, true)));
      return this;
    }
    for (int above = format.levels(); above > level; above--) {
      long address = entryAddress(va, above);
      long entry = memory.entry(address, format.entryBytes);
      Rights admitted = new Rights(rights.user(), true, true);
      if (entry == 0) {
        entry = format.tableEntry(above, memory.allocate(1), admitted);
      } else if (rights.user() && !(format == TableFormat.PAE && above == 3)) {
        entry = format.admitUser(entry);
      }
      memory.entry(address, format.entryBytes, entry);
    }
    memory.entry(
        entryAddress(va, level), format.entryBytes, format.pageEntry(level, frame, rights));
    mapped.add(new MappedPage(va, frame, format.span(level), rights));
    return this;
  }

  /** The page at {@code of} once more, at {@code va}. */
  public SyntheticGuestBuilder alias(long va, long of, Rights rights) {
    return map(va, frameAt(of), 1, rights);
  }

  /** The frame behind a mapped address. */
  public long frameAt(long va) {
    return find(va).frameAt(va);
  }

  /** Takes rights away in the entry of {@code level} on the way to {@code va}, and in the key. */
  public SyntheticGuestBuilder restrict(long va, int level, Rights rights) {
    editEntry(va, level, entry -> format.restrict(entry, rights));
    long span = format.span(level);
    mapped.replaceAll(
        page ->
            (page.va() & -span) == (va & -span)
                ? new MappedPage(page.va(), page.frame(), page.size(), page.rights().and(rights))
                : page);
    return this;
  }

  /** Changes an entry on the way to {@code va} in any way, behind the answer key's back. */
  public SyntheticGuestBuilder editEntry(long va, int level, LongUnaryOperator edit) {
    long address = entryAddress(va, level);
    memory.entry(
        address, format.entryBytes, edit.applyAsLong(memory.entry(address, format.entryBytes)));
    return this;
  }

  /** The frame of the table of {@code level} on the way to {@code va}; the top table at the top. */
  public long tableFrame(long va, int level) {
    return entryAddress(va, level) >>> 12;
  }

  /** The frame of the table that CR3 names. */
  public long topTableFrame() {
    return registers.cr3 >>> 12;
  }

  /** Makes a frame unreadable. */
  public SyntheticGuestBuilder forget(long frame) {
    memory.forget(frame);
    return this;
  }

  /** Writes physical memory, page tables included. */
  public SyntheticGuestBuilder write(long physical, byte[] bytes) {
    memory.write(physical, bytes);
    return this;
  }

  /** A present interrupt gate. */
  public SyntheticGuestBuilder idtGate(int vector, long target) {
    return rawGate(vector, target, SyntheticRegisters.CODE_SELECTOR, INTERRUPT_GATE);
  }

  /** A gate with any selector and access byte: type in bits 0-3, DPL 5-6, present 7. */
  public SyntheticGuestBuilder rawGate(int vector, long target, int selector, int access) {
    ByteBuffer gate = ByteBuffer.allocate(GATE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    gate.putShort((short) target).putShort((short) selector);
    gate.put((byte) 0).put((byte) access).putShort((short) (target >>> 16));
    gate.putInt((int) (target >>> 32));
    gates.put(vector, gate.array());
    return this;
  }

  /** Makes a gate switch to a stack of the TSS, 1 to 7. */
  public SyntheticGuestBuilder gateStack(int vector, int ist) {
    gates.get(vector)[4] = (byte) ist;
    return this;
  }

  /** How many gates IDTR's limit lets in; 256 unless told. */
  public SyntheticGuestBuilder gatesInLimit(int count) {
    gateLimit = count;
    return this;
  }

  /** Where SYSCALL goes. */
  public SyntheticGuestBuilder lstar(long target) {
    return with(vcpu -> vcpu.lstar = target);
  }

  /** Where SYSCALL goes in compatibility mode. */
  public SyntheticGuestBuilder cstar(long target) {
    return with(vcpu -> vcpu.cstar = target);
  }

  /** Where SYSENTER goes; switches it on. */
  public SyntheticGuestBuilder sysenter(long target) {
    return with(vcpu -> vcpu.sysenter = target);
  }

  /** Where GS begins. */
  public SyntheticGuestBuilder gsBase(long base) {
    return with(vcpu -> vcpu.gsBase = base);
  }

  /** EFER.SCE off. */
  public SyntheticGuestBuilder withoutSyscall() {
    return with(vcpu -> vcpu.syscall = false);
  }

  /** EFER.NXE off. */
  public SyntheticGuestBuilder withoutNoExecute() {
    return with(vcpu -> vcpu.noExecute = false);
  }

  /** CR4.SMEP off. */
  public SyntheticGuestBuilder withoutSmep() {
    return with(vcpu -> vcpu.executionPrevention = false);
  }

  /** CR0.WP off. */
  public SyntheticGuestBuilder withoutWriteProtect() {
    return with(vcpu -> vcpu.writeProtect = false);
  }

  /** CR4.PSE off. */
  public SyntheticGuestBuilder withoutPageSizeExtensions() {
    return with(vcpu -> vcpu.pageSizeExtensions = false);
  }

  /** CR4.FRED on. */
  public SyntheticGuestBuilder fred() {
    return with(vcpu -> vcpu.fred = true);
  }

  /** A register state as an ELF core has it. */
  public SyntheticGuestBuilder withoutMsrs() {
    return with(vcpu -> vcpu.withMsrs = false);
  }

  /** Stopped at CPL 3. */
  public SyntheticGuestBuilder stoppedInUserMode() {
    return with(vcpu -> vcpu.privilege = 3);
  }

  /** The number of the vCPU; 0 unless told. */
  public SyntheticGuestBuilder vcpu(int index) {
    return with(vcpu -> vcpu.index = index);
  }

  /** The guest as built so far; later calls do not change it. */
  public SyntheticGuest build() {
    if (!gates.isEmpty()) {
      placeDescriptorTables();
    }
    return new SyntheticGuest(new SyntheticMemory(memory), registers.state(), mapped);
  }

  private void placeDescriptorTables() {
    int gateBytes = format.longMode() ? GATE_BYTES : GATE_BYTES / 2;
    byte[] idt = new byte[gateLimit * gateBytes];
    gates.forEach(
        (vector, gate) -> {
          if (vector < gateLimit) {
            System.arraycopy(gate, 0, idt, vector * gateBytes, gateBytes);
          }
        });
    long task = tables + TASK;
    boolean longMode = format.longMode();
    byte[] gdt =
        longMode ? SyntheticDescriptors.longSegments(task) : SyntheticDescriptors.segments();
    byte[] tss = longMode ? SyntheticDescriptors.longTask(task) : SyntheticDescriptors.task();
    place(tables, idt, Rights.KERNEL_READ_ONLY);
    place(tables + 0x1000, gdt, Rights.KERNEL_READ_ONLY);
    place(task, tss, Rights.KERNEL_DATA);
    registers.idtr = new DescriptorTable(new GuestVirtualAddress(tables), idt.length - 1);
    registers.gdtr = new DescriptorTable(new GuestVirtualAddress(tables + 0x1000), gdt.length - 1);
    registers.tssBase = task;
  }

  private SyntheticGuestBuilder with(Consumer<SyntheticRegisters> change) {
    change.accept(registers);
    return this;
  }

  private MappedPage find(long va) {
    MappedPage found = null;
    for (MappedPage page : mapped) {
      found = page.covers(va) ? page : found;
    }
    return found;
  }

  private long entryAddress(long va, int level) {
    long table = registers.cr3;
    for (int above = format.levels(); above > level; above--) {
      long entry = memory.entry(table + format.entryOffset(above, va), format.entryBytes);
      table = entry & 0x000f_ffff_ffff_f000L;
    }
    return table + format.entryOffset(level, va);
  }

  private static byte[] bytesOf(int... values) {
    byte[] bytes = new byte[values.length];
    for (int index = 0; index < values.length; index++) {
      bytes[index] = (byte) values[index];
    }
    return bytes;
  }
}
