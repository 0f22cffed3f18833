package io.plumbline.ingest.guest.elf;

import io.plumbline.ingest.guest.file.ByteCursor;
import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.GeneralRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The notes named QEMU, one a vCPU, in the vCPUs' order: {@code QEMUCPUState} of QEMU
 * target/i386/arch_dump.c, the same in 32- and 64-bit cores. NT_PRSTATUS holds a part of the same
 * registers and is not read.
 */
final class QemuNotes {
  private static final String NAME = "QEMU";
  private static final int VERSION = 1;

  /** Up to CR4; KERNEL_GS_BASE follows since QEMU 2.12 but is of no use without the other MSRs. */
  private static final int SMALLEST_STATE = 432;

  private static final int MOST_VCPUS = 4096;

  /** Two a vCPU, and a few; thousands of segments could each point to the same millions. */
  private static final int MOST_NOTES = 1 << 16;

  private final ByteCursor in;
  private final List<VcpuState> vcpus = new ArrayList<>();
  private int notes;

  QemuNotes(ByteCursor in) {
    this.in = in;
  }

  /** The vCPUs of all notes read so far. */
  List<VcpuState> vcpus() {
    return vcpus;
  }

  /** Reads the notes from {@code offset} on, which are known to lie in the file. */
  void read(long offset, long bytes) throws IOException {
    long end = offset + bytes;
    in.seek(offset, "ELF notes");
    while (in.position() < end) {
      if (++notes > MOST_NOTES) {
        throw in.malformed("ELF notes", "at most " + MOST_NOTES, "more");
      }
      long nameBytes = in.u32("name size of a note");
      long descriptionBytes = in.u32("size of a note");
      in.u32("type of a note");
      long name = in.position();
      long description = name + padded(nameBytes);
      long next = description + padded(descriptionBytes);
      if (next > end) {
        throw in.malformed(
            "ELF note", "an end within the " + bytes + " bytes of notes", "an end beyond them");
      }
      if (nameBytes == NAME.length() + 1 && in.text(NAME.length(), "note name").equals(NAME)) {
        in.seek(description, "note");
        vcpus.add(state(in, descriptionBytes, vcpus.size()));
      }
      in.seek(next, "ELF note");
    }
  }

  private static VcpuState state(ByteCursor in, long bytes, int index) throws IOException {
    long version = in.u32("version of a QEMU note");
    long size = in.u32("size of a QEMU note");
    if (version != VERSION || bytes < SMALLEST_STATE || size > bytes || index == MOST_VCPUS) {
      throw in.malformed(
          "QEMU note of vCPU " + index,
          "version 1, at least 432 bytes, at most 4096 vCPUs",
          "version " + version + ", " + size + " of " + bytes + " bytes");
    }
    GeneralRegisters general = general(in);
    Segment cs = segment(in);
    Segment ds = segment(in);
    Segment es = segment(in);
    Segment fs = segment(in);
    Segment gs = segment(in);
    Segment ss = segment(in);
    Segment ldt = segment(in);
    Segment tr = segment(in);
    DescriptorTable gdtr = table(in);
    DescriptorTable idtr = table(in);
    ControlRegisters control = control(in);
    return new VcpuState(
        index,
        control,
        general,
        es,
        cs,
        ss,
        ds,
        fs,
        gs,
        ldt,
        tr,
        gdtr,
        idtr,
        Optional.empty(),
        Optional.empty());
  }

  /** In the note's order: rax rbx rcx rdx rsi rdi rsp rbp r8-r15 rip rflags. */
  private static GeneralRegisters general(ByteCursor in) throws IOException {
    long[] r = new long[18];
    for (int i = 0; i < r.length; i++) {
      r[i] = in.u64("general registers");
    }
    return new GeneralRegisters(
        r[0], r[2], r[3], r[1], r[6], r[7], r[4], r[5], r[8], r[9], r[10], r[11], r[12], r[13],
        r[14], r[15], r[16], r[17]);
  }

  private static Segment segment(ByteCursor in) throws IOException {
    int selector = (int) in.u32("segment selector") & 0xffff;
    long limit = in.u32("segment limit");
    int flags = (int) in.u32("segment flags");
    in.u32("padding of a segment");
    return new Segment(selector, in.u64("segment base"), limit, flags);
  }

  private static DescriptorTable table(ByteCursor in) throws IOException {
    Segment table = segment(in);
    if (table.limit() > 0xffff) {
      throw in.malformed("limit of GDT or IDT", "0 to 65535", "" + table.limit());
    }
    return new DescriptorTable(new GuestVirtualAddress(table.base()), (int) table.limit());
  }

  private static ControlRegisters control(ByteCursor in) throws IOException {
    long cr0 = in.u64("CR0");
    in.u64("CR1");
    return new ControlRegisters(cr0, in.u64("CR2"), in.u64("CR3"), in.u64("CR4"));
  }

  private static long padded(long bytes) {
    return (bytes + 3) & ~3L;
  }
}
