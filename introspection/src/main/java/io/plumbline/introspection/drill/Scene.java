package io.plumbline.introspection.drill;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestPhysicalAddress;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/**
 * A copy of a guest, to make one technique on. Addresses are linear addresses of the guest; what
 * its page tables forbid is written all the same.
 */
public final class Scene {
  private static final int PAGE = PageBytes.SIZE;

  /** Where kernels that move load modules (MODULES_VADDR of {@code pgtable_64_types.h}). */
  private static final long MODULE_AREA = 0xffffffffc0000000L;

  private static final long MODULE_AREA_END = 0xffffffffff000000L;

  /** Pages around a new one that stay unmapped, so that it is told for itself. */
  private static final int ALONE = 16;

  /** xor eax, eax; ret. */
  private static final byte[] HOOK = HexFormat.of().parseHex("31c0c3");

  private static final int BRANCH_BYTES = 5;
  private static final byte JUMP = (byte) 0xe9;

  private final Subject subject;
  private final KernelCode code;
  private final TamperedMemory memory;
  private final AddressSpace space;
  private final PageTables tables;
  private final List<VcpuState> vcpus;
  private final List<Expected> owed = new ArrayList<>();
  private long nextFree = MODULE_AREA;

  Scene(Subject subject) {
    this.subject = subject;
    this.code = new KernelCode(subject);
    this.memory = new TamperedMemory(subject.guest().memory());
    this.space = AddressSpace.of(subject.kernel().vcpu(), memory);
    this.tables = new PageTables(space, memory);
    this.vcpus = new ArrayList<>(subject.guest().vcpus());
  }

  /** The same guest with nothing changed. */
  Scene again() {
    return new Scene(subject);
  }

  Subject subject() {
    return subject;
  }

  /** The build where the guest has it. */
  PlacedImage placed() {
    return subject.placed();
  }

  ImageLayout layout() {
    return placed().verifier().layout();
  }

  KernelCode code() {
    return code;
  }

  PageTables tables() {
    return tables;
  }

  /** The vCPU whose page tables are used. */
  VcpuState viewer() {
    return subject.kernel().vcpu();
  }

  List<VcpuState> vcpus() {
    return List.copyOf(vcpus);
  }

  /** One vCPU of several, if there are several not the one whose page tables are used. */
  VcpuState otherVcpu() {
    return vcpus.stream()
        .filter(vcpu -> vcpu.index() != viewer().index())
        .reduce((earlier, later) -> later)
        .orElseGet(() -> vcpus.get(vcpus.size() - 1));
  }

  /** Changes the registers of one vCPU. */
  void registers(int index, UnaryOperator<VcpuState> change) {
    vcpus.replaceAll(vcpu -> vcpu.index() == index ? change.apply(vcpu) : vcpu);
  }

  /**
   * What the guest has at an address now.
   *
   * @throws NoPlaceException if it cannot be read
   */
  public byte[] read(long address, int length) {
    byte[] bytes = new byte[length];
    for (int done = 0; done < length; ) {
      long at = address + done;
      int inPage = (int) at & PAGE - 1;
      int part = Math.min(length - done, PAGE - inPage);
      space
          .readPage(new GuestVirtualAddress(at))
          .orElseThrow(() -> new NoPlaceException(String.format("%#x cannot be read", at)))
          .copyTo(inPage, bytes, done, part);
      done += part;
    }
    return bytes;
  }

  long readLong(long address) {
    return Bytes.longAt(read(address, Long.BYTES), 0);
  }

  /** The pointer at an address; empty if it cannot be read. */
  OptionalLong pointerAt(long address) {
    try {
      return OptionalLong.of(readLong(address));
    } catch (NoPlaceException e) {
      return OptionalLong.empty(); // a register's finding has no place in memory
    }
  }

  /**
   * Writes behind an address, whatever the page tables forbid.
   *
   * @throws NoPlaceException if it is not mapped to a frame that can be read
   */
  public void write(long address, byte[] bytes) {
    for (int done = 0; done < bytes.length; ) {
      long at = address + done;
      int part = Math.min(bytes.length - done, PAGE - ((int) at & PAGE - 1));
      memory.write(physical(at), Arrays.copyOfRange(bytes, done, done + part));
      done += part;
    }
  }

  void writeLong(long address, long value) {
    byte[] bytes = new byte[Long.BYTES];
    Bytes.putLong(bytes, 0, value);
    write(address, bytes);
  }

  void writeInt(long address, int value) {
    byte[] bytes = new byte[Integer.BYTES];
    Bytes.putInt(bytes, 0, value);
    write(address, bytes);
  }

  /** Where an address lies in physical memory. */
  GuestPhysicalAddress physical(long address) {
    long frame = space.translateToFrame(address);
    if (frame < 0) {
      throw new NoPlaceException(String.format("%#x is not mapped", address));
    }
    return new GuestPhysicalAddress(frame << FrameNumber.SHIFT | (address & PAGE - 1));
  }

  /** A frame that the guest does not have, with these bytes at its start. */
  FrameNumber frame(byte[] bytes) {
    FrameNumber frame = memory.fresh();
    memory.write(frame.start(), bytes);
    return frame;
  }

  /** An attacker's page of code: a hook that returns 0. It is a finding by itself. */
  long payload() {
    return payload(HOOK, 1);
  }

  /**
   * An attacker's code, supervisor-executable and read-only where the kernel loads modules. It is a
   * finding by itself, told at its first page.
   *
   * @param bytes at the start of each page
   */
  long payload(byte[] bytes, int pages) {
    long address = place(bytes, pages, 0);
    owed.add(foreignPage(address));
    return address;
  }

  /** What has to be reported of executable pages that nobody owns, told at the first one. */
  Expected foreignPage(long address) {
    // Of a kernel whose modules are not known, they may be a module's.
    return Expected.of(
        subject.modules().areComplete()
            ? FindingType.UNEXPECTED_KERNEL_CODE_PAGES
            : FindingType.DYNAMIC_CODE,
        address,
        nameOf(address));
  }

  /** An attacker's page of data, with these bytes at its start. */
  long data(byte... bytes) {
    return place(bytes, 1, PageTables.WRITABLE | PageTables.NO_EXECUTE);
  }

  private long place(byte[] bytes, int pages, long rights) {
    long address = free(pages);
    for (int page = 0; page < pages; page++) {
      tables.map(address + (long) page * PAGE, frame(bytes), rights);
    }
    return address;
  }

  /** An address with pages around it that are not mapped. */
  private long free(int pages) {
    int wanted = pages + 2 * ALONE;
    int run = 0;
    for (long page = nextFree; page < MODULE_AREA_END; page += PAGE) {
      run = tables.mapping(page).isPresent() ? 0 : run + 1;
      if (run == wanted) {
        nextFree = page + PAGE;
        return page - (long) (pages + ALONE - 1) * PAGE;
      }
    }
    throw new NoPlaceException("no room where the kernel loads modules");
  }

  /** The best name for a place. */
  String nameOf(long address) {
    return subject.nameOf(address);
  }

  /**
   * Changes the kernel's text.
   *
   * @return what has to be reported: a change at the first instruction that is another one
   */
  Expected changeCode(long address, byte[] bytes) {
    return changeCode(address, bytes, FindingType.UNEXPECTED_CODE_MODIFICATION);
  }

  /** The same, reported as {@code type}. */
  Expected changeCode(long address, byte[] bytes, FindingType type) {
    int first = Arrays.mismatch(code.bytes(address, bytes.length), bytes);
    if (first < 0) {
      throw new NoPlaceException(nameOf(address) + " holds these bytes already");
    }
    write(address, bytes);
    long instruction = code.instructionAt(address + first);
    return Expected.of(type, instruction, nameOf(instruction));
  }

  /** A jump of five bytes. */
  static byte[] jump(long from, long to) {
    return branch(JUMP, from, to);
  }

  /** A call or a jump of five bytes. */
  static byte[] branch(byte opcode, long from, long to) {
    byte[] bytes = new byte[BRANCH_BYTES];
    bytes[0] = opcode;
    Bytes.putInt(bytes, 1, distance(from + BRANCH_BYTES, to));
    return bytes;
  }

  /** A distance of 32 bits. */
  static int distance(long end, long to) {
    return Math.toIntExact(to - end);
  }

  /** The guest as it is now, and all that has to be reported of it. */
  Tampering tampering(List<Expected> expected) {
    List<Expected> all = new ArrayList<>(expected);
    all.addAll(owed);
    return new Tampering(new Guest(subject.guest().vmId(), memory, vcpus), all);
  }

  /** The first of several, or the reason why there is none. */
  static <T> T first(Optional<T> found, String whyNot) {
    return found.orElseThrow(() -> new NoPlaceException(whyNot));
  }
}
