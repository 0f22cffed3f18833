package io.plumbline.ingest.guest;

import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Small images of one guest of 64 KiB in every format, and the pages they hold. */
final class Images {
  static final long RAM = 16 * 4096L;

  private Images() {}

  /** A page whose every byte is {@code fill}, except the first, so that it is not a filled page. */
  static byte[] page(int fill) {
    byte[] page = new byte[PageBytes.SIZE];
    Arrays.fill(page, (byte) fill);
    page[0] = (byte) ~fill;
    return page;
  }

  static Optional<PageBytes> read(GuestImage image, long frame) {
    return image.memory().read(new FrameNumber(frame));
  }

  /** All 16 pages, page n filled with n except page 3 (zero) and page 4 (0x55 throughout). */
  static byte[] migrationStream() {
    StreamBuilder stream =
        new StreamBuilder("pc-i440fx-7.2").blocks(false, "/rom@etc/tables", 4096L, "mem", RAM);
    stream.ramPart().page("/rom@etc/tables", 0, page(0xee)).page("mem", 0, page(0));
    stream.endOfRam().ramPart();
    for (int n = 1; n < 16; n++) {
      if (n == 3 || n == 4) {
        stream.filledAsBefore(n * 4096L, n == 3 ? 0 : 0x55);
      } else {
        stream.pageAsBefore(n * 4096L, page(n));
      }
    }
    return stream
        .endOfRam()
        .opaqueDevice("timer", 24)
        .vcpu(SampleVcpu.numbered(0))
        .vcpu(SampleVcpu.numbered(1))
        .bytes();
  }

  /** Registers of one vCPU on a q35 machine whose RAM lies in a shared file. */
  static byte[] streamWithoutRam() {
    return new StreamBuilder("pc-q35-9.0", "x-ignore-shared")
        .blocks(true, "mem", RAM)
        .vcpu(SampleVcpu.numbered(0))
        .bytes();
  }

  /** A finished libvirt save around {@code stream}, which may be compressed. */
  static byte[] libvirtSave(byte[] stream) {
    String xml = "<domain type='kvm'><name>guest</name></domain>\0\0\0";
    return new Wire(ByteOrder.LITTLE_ENDIAN)
        .text("LibvirtQemudSave")
        .u32(2)
        .u32(xml.length())
        .u32(1)
        .u32(0)
        .u32(0)
        .zeros(56)
        .text(xml)
        .raw(stream)
        .bytes();
  }

  /** A 64-bit core with frames 0-1 and 0x100000 (4 GiB), and two vCPUs. */
  static byte[] elfCore() {
    Wire notes = new Wire(ByteOrder.LITTLE_ENDIAN);
    notes.u32(5).u32(4).u32(1).text("CORE\0\0\0\0").u32(7);
    for (int i = 0; i < 2; i++) {
      qemuNote(notes, SampleVcpu.numbered(i));
    }
    int headers = 64 + 3 * 56;
    long memory = (long) headers + notes.size();
    Wire elf = new Wire(ByteOrder.LITTLE_ENDIAN);
    elf.u8(0x7f).text("ELF").u8(2).u8(1).u8(1).zeros(9).u16(4).u16(62).u32(1);
    elf.u64(0, 64, 0).u32(0).u16(64).u16(56).u16(3).u16(0).u16(0).u16(0);
    elf.u32(4).u32(0).u64(headers, 0, 0, notes.size(), notes.size(), 0);
    elf.u32(1).u32(0).u64(memory, 0, 0, 8192, 8192, 0);
    elf.u32(1).u32(0).u64(memory + 8192, 0, 1L << 32, 4096, 4096, 0);
    return elf.raw(notes.bytes()).raw(page(0)).raw(page(1)).raw(page(2)).bytes();
  }

  /** A core of which {@code segments} headers point to the same {@code notes} empty notes. */
  static byte[] elfCoreOfNotes(int segments, int notes) {
    int headers = 64 + segments * 56;
    Wire elf = new Wire(ByteOrder.LITTLE_ENDIAN);
    elf.u8(0x7f).text("ELF").u8(2).u8(1).u8(1).zeros(9).u16(4).u16(62).u32(1);
    elf.u64(0, 64, 0).u32(0).u16(64).u16(56).u16(segments).u16(0).u16(0).u16(0);
    for (int i = 0; i < segments; i++) {
      elf.u32(4).u32(0).u64(headers, 0, 0, 12L * notes, 12L * notes, 0);
    }
    return elf.zeros(12 * notes).bytes();
  }

  /**
   * A core as with paging: frames 0-2 lie once in the file and are listed for two virtual
   * addresses, 0-1 and 1-2; {@code offset} moves the second listing's place in the file.
   */
  static byte[] elfCoreWithPaging(long offset) {
    Wire notes = new Wire(ByteOrder.LITTLE_ENDIAN);
    qemuNote(notes, SampleVcpu.numbered(0));
    int headers = 64 + 3 * 56;
    long memory = (long) headers + notes.size();
    Wire elf = new Wire(ByteOrder.LITTLE_ENDIAN);
    elf.u8(0x7f).text("ELF").u8(2).u8(1).u8(1).zeros(9).u16(4).u16(62).u32(1);
    elf.u64(0, 64, 0).u32(0).u16(64).u16(56).u16(3).u16(0).u16(0).u16(0);
    elf.u32(4).u32(0).u64(headers, 0, 0, notes.size(), notes.size(), 0);
    elf.u32(1).u32(0).u64(memory + 4096 + offset, 0xc000_1000L, 0x1000, 8192, 8192, 0);
    elf.u32(1).u32(0).u64(memory, 0xffff_0000L, 0, 8192, 8192, 0);
    return elf.raw(notes.bytes()).raw(page(0)).raw(page(1)).raw(page(2)).zeros(4096).bytes();
  }

  /** A 32-bit core with frame 0 and one vCPU. */
  static byte[] elf32Core() {
    Wire notes = new Wire(ByteOrder.LITTLE_ENDIAN);
    qemuNote(notes, SampleVcpu.numbered(0));
    int headers = 52 + 2 * 32;
    Wire elf = new Wire(ByteOrder.LITTLE_ENDIAN);
    elf.u8(0x7f).text("ELF").u8(1).u8(1).u8(1).zeros(9).u16(4).u16(3).u32(1);
    elf.u32(0).u32(52).u32(0).u32(0).u16(52).u16(32).u16(2).u16(0).u16(0).u16(0);
    elf.u32(4).u32(headers).u32(0).u32(0).u32(notes.size()).u32(notes.size()).u32(0).u32(0);
    elf.u32(1).u32(headers + notes.size()).u32(0).u32(0).u32(4096).u32(4096).u32(0).u32(0);
    return elf.raw(notes.bytes()).raw(page(0)).bytes();
  }

  /** Frames 1 and 16-17, and a range that ends inside frame 32. */
  static byte[] lime() {
    Wire lime = new Wire(ByteOrder.LITTLE_ENDIAN);
    lime.text("EMiL").u32(1).u64(0x1000, 0x1fff, 0).raw(page(1));
    lime.text("EMiL").u32(1).u64(0x10000, 0x11fff, 0).raw(page(16)).raw(page(17));
    lime.text("EMiL").u32(1).u64(0x1f000, 0x200ff, 0).raw(page(31)).zeros(0x100);
    return lime.bytes();
  }

  /** 16 pages, page n filled with n. */
  static byte[] raw() {
    Wire raw = new Wire(ByteOrder.LITTLE_ENDIAN);
    for (int n = 0; n < 16; n++) {
      raw.raw(page(n));
    }
    return raw.bytes();
  }

  /** The registers file of these vCPUs, with an unknown key and both spellings of numbers. */
  static String registersJson(List<VcpuState> vcpus) {
    return "{\"name\":\"guest\",\"ram_size\":65536,\"cpus\":["
        + String.join(",", vcpus.stream().map(Images::vcpuJson).toList())
        + "]}";
  }

  private static String vcpuJson(VcpuState v) {
    var g = v.general();
    var m = v.msrs().orElseThrow();
    var d = v.debug().orElseThrow();
    return String.format(
        Locale.ROOT,
        "{\"cr0\":%d,\"cr2\":%d,\"cr3\":\"0x%x\",\"cr4\":%d,\"rip\":%s,\"rflags\":\"%d\","
            + "\"regs\":[%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d],\"hflags\":-4,"
            + "\"segs\":{\"es\":%s,\"cs\":%s,\"ss\":%s,\"ds\":%s,\"fs\":%s,\"gs\":%s},"
            + "\"ldt\":%s,\"tr\":%s,\"gdtr\":{\"base\":%s,\"limit\":%d},"
            + "\"idtr\":{\"base\":\"0x%x\",\"limit\":%d},\"efer\":%d,\"star\":%d,\"lstar\":%s,"
            + "\"cstar\":%d,\"fmask\":%d,\"kernel_gs_base\":%d,\"sysenter_cs\":%d,"
            + "\"sysenter_esp\":%d,\"sysenter_eip\":%d,\"dr\":[%d,%d,%d,%d,0,0,%d,%d]}",
        v.control().cr0(),
        v.control().cr2(),
        v.control().cr3(),
        v.control().cr4(),
        Long.toUnsignedString(g.rip()),
        g.rflags(),
        g.rax(),
        g.rcx(),
        g.rdx(),
        g.rbx(),
        g.rsp(),
        g.rbp(),
        g.rsi(),
        g.rdi(),
        g.r8(),
        g.r9(),
        g.r10(),
        g.r11(),
        g.r12(),
        g.r13(),
        g.r14(),
        g.r15(),
        segmentJson(v.es()),
        segmentJson(v.cs()),
        segmentJson(v.ss()),
        segmentJson(v.ds()),
        segmentJson(v.fs()),
        segmentJson(v.gs()),
        segmentJson(v.ldt()),
        segmentJson(v.tr()),
        Long.toUnsignedString(v.gdtr().base().value()),
        v.gdtr().limit(),
        v.idtr().base().value(),
        v.idtr().limit(),
        m.efer(),
        m.star(),
        Long.toUnsignedString(m.lstar()),
        m.cstar(),
        m.fmask(),
        m.kernelGsBase(),
        m.sysenterCs(),
        m.sysenterEsp(),
        m.sysenterEip(),
        d.dr0(),
        d.dr1(),
        d.dr2(),
        d.dr3(),
        d.dr6(),
        d.dr7());
  }

  private static String segmentJson(Segment s) {
    return String.format(
        Locale.ROOT,
        "{\"selector\":%d,\"base\":\"0x%x\",\"limit\":%d,\"flags\":%d}",
        s.selector(),
        s.base(),
        s.limit(),
        s.flags());
  }

  private static void qemuNote(Wire out, VcpuState v) {
    var g = v.general();
    out.u32(5).u32(440).u32(0).text("QEMU\0\0\0\0").u32(1).u32(440);
    out.u64(g.rax(), g.rbx(), g.rcx(), g.rdx(), g.rsi(), g.rdi(), g.rsp(), g.rbp());
    out.u64(g.r8(), g.r9(), g.r10(), g.r11(), g.r12(), g.r13(), g.r14(), g.r15());
    out.u64(g.rip(), g.rflags());
    Segment gdt = new Segment(0, v.gdtr().base().value(), v.gdtr().limit(), 0);
    Segment idt = new Segment(0, v.idtr().base().value(), v.idtr().limit(), 0);
    for (Segment s :
        List.of(v.cs(), v.ds(), v.es(), v.fs(), v.gs(), v.ss(), v.ldt(), v.tr(), gdt, idt)) {
      out.u32(s.selector()).u32(s.limit()).u32(s.flags()).u32(0).u64(s.base());
    }
    var c = v.control();
    out.u64(c.cr0(), 0, c.cr2(), c.cr3(), c.cr4()).u64(v.msrs().orElseThrow().kernelGsBase());
  }
}
