package io.plumbline.ingest.guest;

import io.plumbline.introspection.hardware.DebugRegisters;
import io.plumbline.introspection.hardware.GeneralRegisters;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Writes QEMU migration streams as QEMU 7.2 does, with the description of what was written: the
 * test's own reading of the format, byte by byte.
 */
final class StreamBuilder {
  private static final int RAM_SECTION = 2;

  private final Wire wire = new Wire(ByteOrder.BIG_ENDIAN);
  private final List<String> devices = new ArrayList<>();
  private final List<String> fields = new ArrayList<>();
  private int nextSection = 3;

  StreamBuilder(String machine, String... capabilities) {
    wire.text("QEVM").u32(3).u8(7).u32(machine.length()).text(machine);
    if (capabilities.length > 0) {
      wire.u8(5).countedText("configuration/capabilities").u32(1).u32(capabilities.length);
      for (String capability : capabilities) {
        wire.countedText(capability);
      }
    }
  }

  /** A configuration subsection as newer versions may add one. */
  StreamBuilder configurationSubsection(String name, byte[] body) {
    wire.u8(5).countedText(name).u32(1).raw(body);
    return this;
  }

  /** Announces blocks in the setup section: name, size, name, size. */
  StreamBuilder blocks(boolean withAddress, Object... namesAndSizes) {
    long total = 0;
    for (int i = 1; i < namesAndSizes.length; i += 2) {
      total += (Long) namesAndSizes[i];
    }
    wire.u8(1).u32(RAM_SECTION).countedText("ram").u32(0).u32(4).u64(total | 0x04);
    for (int i = 0; i < namesAndSizes.length; i += 2) {
      wire.countedText((String) namesAndSizes[i]).u64((Long) namesAndSizes[i + 1]);
      if (withAddress) {
        wire.u64(0);
      }
    }
    return endOfRam();
  }

  /** Opens a further RAM section. */
  StreamBuilder ramPart() {
    wire.u8(2).u32(RAM_SECTION);
    return this;
  }

  StreamBuilder page(String block, long address, byte[] content) {
    wire.u64(address | 0x08).countedText(block).raw(content);
    return this;
  }

  /** In the block that was named last. */
  StreamBuilder pageAsBefore(long address, byte[] content) {
    wire.u64(address | 0x28).raw(content);
    return this;
  }

  /** A page of one repeated byte, in the block that was named last. */
  StreamBuilder filledAsBefore(long address, int fill) {
    wire.u64(address | 0x22).u8(fill);
    return this;
  }

  StreamBuilder endOfRam() {
    wire.u64(0x10);
    return footer(RAM_SECTION);
  }

  /** A vCPU with an unknown subsection, as {@code cpu} sections have many. */
  StreamBuilder vcpu(VcpuState v) {
    int section = begin("cpu", v.index());
    fields.clear();
    GeneralRegisters g = v.general();
    array(
        "env.regs",
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
        g.r15());
    number("env.eip", 8, g.rip());
    number("env.eflags", 8, g.rflags());
    number("env.fpuc", 2, 0x37f);
    segments("env.segs", v.es(), v.cs(), v.ss(), v.ds(), v.fs(), v.gs());
    segments("env.ldt", v.ldt());
    segments("env.tr", v.tr());
    segments("env.gdt", new Segment(0, v.gdtr().base().value(), v.gdtr().limit(), 0));
    segments("env.idt", new Segment(0, v.idtr().base().value(), v.idtr().limit(), 0));
    ModelSpecificRegisters m = v.msrs().orElseThrow();
    number("env.sysenter_cs", 4, m.sysenterCs());
    number("env.sysenter_esp", 8, m.sysenterEsp());
    number("env.sysenter_eip", 8, m.sysenterEip());
    number("env.cr[0]", 8, v.control().cr0());
    number("env.cr[2]", 8, v.control().cr2());
    number("env.cr[3]", 8, v.control().cr3());
    number("env.cr[4]", 8, v.control().cr4());
    DebugRegisters d = v.debug().orElseThrow();
    array("env.dr", d.dr0(), d.dr1(), d.dr2(), d.dr3(), 0, 0, d.dr6(), d.dr7());
    number("env.efer", 8, m.efer());
    number("env.star", 8, m.star());
    number("env.lstar", 8, m.lstar());
    number("env.cstar", 8, m.cstar());
    number("env.fmask", 8, m.fmask());
    number("env.kernelgsbase", 8, m.kernelGsBase());
    String described = String.join(",", fields);
    fields.clear();
    wire.u8(5).countedText("cpu/something_new").u32(1);
    number("env.something_new", 8, 99);
    device("cpu", v.index(), described, String.join(",", fields));
    return footer(section);
  }

  /** A device of which only its description tells how long it is. */
  StreamBuilder opaqueDevice(String name, int bytes) {
    int section = begin(name, 0);
    wire.zeros(bytes);
    devices.add(
        String.format(
            Locale.ROOT,
            "{\"name\":\"%s\",\"instance_id\":0,\"fields\":[{\"name\":\"data\",\"type\":\"buffer\","
                + "\"size\":%d}]}",
            name,
            bytes));
    return footer(section);
  }

  /** A device with a body that its description, which is given as JSON fields, tells of. */
  StreamBuilder device(String name, byte[] body, String describedFields) {
    int section = begin(name, 0);
    wire.raw(body);
    devices.add(
        "{\"name\":\"" + name + "\",\"instance_id\":0,\"fields\":[" + describedFields + "]}");
    return footer(section);
  }

  /** Raw bytes where a section could begin. */
  StreamBuilder raw(byte[] bytes) {
    wire.raw(bytes);
    return this;
  }

  int size() {
    return wire.size();
  }

  /** Ends the sections and appends the description. */
  byte[] bytes() {
    return bytes("");
  }

  /** The same with further members of the description's object, each ending in a comma. */
  byte[] bytes(String furtherMembers) {
    String json =
        "{"
            + furtherMembers
            + "\"page_size\":4096,\"devices\":["
            + String.join(",", devices)
            + "]}";
    Wire whole = new Wire(ByteOrder.BIG_ENDIAN).raw(wire.bytes()).u8(0);
    return whole.u8(6).u32(json.length()).raw(json.getBytes(StandardCharsets.US_ASCII)).bytes();
  }

  private int begin(String name, int instance) {
    wire.u8(4).u32(nextSection).countedText(name).u32(instance).u32(12);
    return nextSection++;
  }

  private StreamBuilder footer(int section) {
    wire.u8(0x7e).u32(section);
    return this;
  }

  private void device(String name, int instance, String described, String subsectionFields) {
    devices.add(
        String.format(
            Locale.ROOT,
            "{\"name\":\"%s\",\"instance_id\":%d,\"vmsd_name\":\"%s\",\"version\":12,\"fields\":[%s],"
                + "\"subsections\":[{\"vmsd_name\":\"cpu/something_new\",\"version\":1,"
                + "\"fields\":[%s]}]}",
            name,
            instance,
            name,
            described,
            subsectionFields));
  }

  private void number(String name, int size, long value) {
    fields.add(scalar(name, size));
    switch (size) {
      case 2 -> wire.u16((int) value);
      case 4 -> wire.u32(value);
      default -> wire.u64(value);
    }
  }

  private void array(String name, long... values) {
    fields.add(
        String.format(
            Locale.ROOT,
            "{\"name\":\"%s\",\"array_len\":%d,\"type\":\"uint64\",\"size\":8}",
            name,
            values.length));
    wire.u64(values);
  }

  private void segments(String name, Segment... segments) {
    String inside =
        String.join(
            ",", scalar("selector", 4), scalar("base", 8), scalar("limit", 4), scalar("flags", 4));
    fields.add(
        String.format(
            Locale.ROOT,
            "{\"name\":\"%s\",%s\"type\":\"struct\",\"struct\":{\"vmsd_name\":\"segment\","
                + "\"version\":1,\"fields\":[%s]},\"size\":20}",
            name,
            segments.length == 1 ? "" : "\"array_len\":" + segments.length + ",",
            inside));
    for (Segment s : segments) {
      wire.u32(s.selector()).u64(s.base()).u32(s.limit()).u32(s.flags());
    }
  }

  private static String scalar(String name, int size) {
    return String.format(
        Locale.ROOT, "{\"name\":\"%s\",\"type\":\"uint%d\",\"size\":%d}", name, size * 8, size);
  }
}
