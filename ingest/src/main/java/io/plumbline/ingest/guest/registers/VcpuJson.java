package io.plumbline.ingest.guest.registers;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.DebugRegisters;
import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.GeneralRegisters;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One vCPU's object in the registers file.
 *
 * <p>Demanded: {@code cr0 cr3 cr4 idtr gdtr segs.cs}; without them neither paging nor roots are
 * known. Everything else is optional, and what is absent is said in {@code missing}: the MSRs
 * {@code efer star lstar cstar fmask sysenter_cs sysenter_esp sysenter_eip kernel_gs_base} count
 * only together; {@code dr} is an array of eight; {@code regs} one of sixteen in the processor's
 * order (rax rcx rdx rbx rsp rbp rsi rdi r8-r15); {@code tr ldt cr2 rip rflags} and the data
 * segments stand alone and read as zero when absent.
 */
final class VcpuJson {
  private static final List<String> MSRS =
      List.of(
          "efer",
          "star",
          "lstar",
          "cstar",
          "fmask",
          "kernel_gs_base",
          "sysenter_cs",
          "sysenter_esp",
          "sysenter_eip");
  private static final Segment ABSENT = new Segment(0, 0, 0, 0);
  private static final BigInteger TWO_TO_64 = BigInteger.ONE.shiftLeft(Long.SIZE);

  private final Path file;
  private final int index;
  private final JsonNode cpu;
  private final List<String> missing;

  VcpuJson(Path file, int index, JsonNode cpu, List<String> missing) {
    this.file = file;
    this.index = index;
    this.cpu = cpu;
    this.missing = missing;
  }

  VcpuState read() throws ImageException {
    ControlRegisters control =
        new ControlRegisters(
            number(cpu, "cr0"), numberOrZero("cr2"), number(cpu, "cr3"), number(cpu, "cr4"));
    JsonNode segments = cpu.path("segs");
    if (!segments.has("cs")) {
      throw bad("segs.cs", "an object", "nothing");
    }
    return new VcpuState(
        index,
        control,
        general(),
        segment(segments, "es"),
        segment(segments, "cs"),
        segment(segments, "ss"),
        segment(segments, "ds"),
        segment(segments, "fs"),
        segment(segments, "gs"),
        segment(cpu, "ldt"),
        segment(cpu, "tr"),
        table("gdtr"),
        table("idtr"),
        msrs(),
        debug());
  }

  private GeneralRegisters general() throws ImageException {
    long[] r = array("regs", 16).orElse(new long[16]);
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
        numberOrZero("rip"),
        numberOrZero("rflags"));
  }

  private Optional<DebugRegisters> debug() throws ImageException {
    return array("dr", 8).map(d -> new DebugRegisters(d[0], d[1], d[2], d[3], d[6], d[7]));
  }

  private Optional<ModelSpecificRegisters> msrs() throws ImageException {
    List<String> absent = MSRS.stream().filter(msr -> !cpu.has(msr)).toList();
    if (!absent.isEmpty()) {
      lacks(
          "MSRs "
              + String.join(", ", absent)
              + ": without all of them no system-call root is known");
      return Optional.empty();
    }
    return Optional.of(
        new ModelSpecificRegisters(
            number(cpu, "efer"),
            number(cpu, "star"),
            number(cpu, "lstar"),
            number(cpu, "cstar"),
            number(cpu, "fmask"),
            number(cpu, "kernel_gs_base"),
            number(cpu, "sysenter_cs"),
            number(cpu, "sysenter_esp"),
            number(cpu, "sysenter_eip")));
  }

  private Segment segment(JsonNode parent, String name) throws ImageException {
    JsonNode segment = parent.path(name);
    if (segment.isMissingNode()) {
      lacks("segment " + name);
      return ABSENT;
    }
    return new Segment(
        (int) bounded(segment, "selector", 0xffffL, 0),
        segment.has("base") ? number(segment, "base") : 0,
        bounded(segment, "limit", 0xffff_ffffL, 0),
        (int) bounded(segment, "flags", 0xffff_ffffL, 0));
  }

  private DescriptorTable table(String name) throws ImageException {
    JsonNode table = cpu.path(name);
    return new DescriptorTable(
        new GuestVirtualAddress(number(table, "base")),
        (int) bounded(table, "limit", 0xffffL, null));
  }

  private Optional<long[]> array(String name, int length) throws ImageException {
    JsonNode array = cpu.path(name);
    if (array.isMissingNode()) {
      lacks(name.equals("dr") ? "debug registers" : "general registers");
      return Optional.empty();
    }
    if (!array.isArray() || array.size() != length) {
      throw bad(name, "an array of " + length + " numbers", shown(array));
    }
    long[] values = new long[length];
    for (int i = 0; i < length; i++) {
      values[i] = value(array.get(i), name + "[" + i + "]");
    }
    return Optional.of(values);
  }

  private long numberOrZero(String name) throws ImageException {
    if (cpu.has(name)) {
      return number(cpu, name);
    }
    lacks("register " + name);
    return 0;
  }

  private long bounded(JsonNode parent, String name, long largest, Integer ifAbsent)
      throws ImageException {
    if (ifAbsent != null && !parent.has(name)) {
      return ifAbsent;
    }
    long value = number(parent, name);
    if (value < 0 || value > largest) {
      throw bad(name, "0 to " + largest, Long.toUnsignedString(value));
    }
    return value;
  }

  private long number(JsonNode parent, String name) throws ImageException {
    return value(parent.path(name), name);
  }

  private long value(JsonNode node, String name) throws ImageException {
    Optional<BigInteger> number = parse(node);
    if (number.isEmpty() || number.get().signum() < 0 || number.get().compareTo(TWO_TO_64) >= 0) {
      throw bad(name, "a number from 0 to 2^64-1, or such a number as a string", shown(node));
    }
    return number.get().longValue();
  }

  private static Optional<BigInteger> parse(JsonNode node) {
    if (node.isIntegralNumber()) {
      return Optional.of(node.bigIntegerValue());
    }
    if (!node.isTextual() || !node.textValue().matches("0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20}")) {
      return Optional.empty();
    }
    String text = node.textValue();
    boolean hexadecimal = text.startsWith("0x") || text.startsWith("0X");
    return Optional.of(
        hexadecimal ? new BigInteger(text.substring(2), 16) : new BigInteger(text, 10));
  }

  private static String shown(JsonNode node) {
    return node.isMissingNode() ? "nothing" : ImageException.printable(node.toString());
  }

  private void lacks(String what) {
    missing.add("vCPU " + index + ": the registers file has no " + what);
  }

  private ImageException bad(String name, String expected, String found) {
    return new ImageException(
        String.format(
            "%s: cpus[%d].%s: expected %s, found %s", file, index, name, expected, found));
  }
}
