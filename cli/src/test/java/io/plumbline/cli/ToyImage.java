package io.plumbline.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.testing.SyntheticGuest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** A tiny guest as a LiME image and a file of registers. */
record ToyImage(Path image, Path registers) {
  private static final int LIME_HEADER = 32;
  private static final int MOST_FRAMES = 1024;

  /** Writes {@code guest} to NAME.lime and NAME.json in {@code folder}. */
  static ToyImage write(SyntheticGuest guest, Path folder, String name) throws IOException {
    ToyImage files = new ToyImage(folder.resolve(name + ".lime"), folder.resolve(name + ".json"));
    Files.write(files.image, lime(guest));
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.putArray("cpus").add(registers(guest.vcpu(), new ObjectMapper().createObjectNode()));
    Files.writeString(files.registers, root.toString());
    return files;
  }

  private static byte[] lime(SyntheticGuest guest) {
    int frames = 0;
    for (int frame = 0; frame < MOST_FRAMES; frame++) {
      frames = guest.pages().read(new FrameNumber(frame)).isPresent() ? frame + 1 : frames;
    }
    int length = frames * PageBytes.SIZE;
    ByteBuffer bytes = ByteBuffer.allocate(LIME_HEADER + length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0x4c694d45).putInt(1).putLong(0).putLong(length - 1).putLong(0);
    for (int frame = 0; frame < frames; frame++) {
      bytes.put(
          guest
              .pages()
              .read(new FrameNumber(frame))
              .map(PageBytes::toByteArray)
              .orElse(new byte[PageBytes.SIZE]));
    }
    return bytes.array();
  }

  private static ObjectNode registers(VcpuState vcpu, ObjectNode cpu) {
    cpu.put("cr0", hex(vcpu.control().cr0()));
    cpu.put("cr2", hex(vcpu.control().cr2()));
    cpu.put("cr3", hex(vcpu.control().cr3()));
    cpu.put("cr4", hex(vcpu.control().cr4()));
    cpu.putObject("idtr")
        .put("base", hex(vcpu.idtr().base().value()))
        .put("limit", vcpu.idtr().limit());
    cpu.putObject("gdtr")
        .put("base", hex(vcpu.gdtr().base().value()))
        .put("limit", vcpu.gdtr().limit());
    ModelSpecificRegisters msrs = vcpu.msrs().orElseThrow();
    cpu.put("efer", hex(msrs.efer()));
    cpu.put("star", hex(msrs.star()));
    cpu.put("lstar", hex(msrs.lstar()));
    cpu.put("cstar", hex(msrs.cstar()));
    cpu.put("fmask", hex(msrs.fmask()));
    cpu.put("kernel_gs_base", hex(msrs.kernelGsBase()));
    cpu.put("sysenter_cs", hex(msrs.sysenterCs()));
    cpu.put("sysenter_esp", hex(msrs.sysenterEsp()));
    cpu.put("sysenter_eip", hex(msrs.sysenterEip()));
    segment(cpu.putObject("tr"), vcpu.tr());
    ObjectNode segments = cpu.putObject("segs");
    segment(segments.putObject("cs"), vcpu.cs());
    segment(segments.putObject("ss"), vcpu.ss());
    return cpu;
  }

  private static void segment(ObjectNode node, Segment segment) {
    node.put("selector", segment.selector());
    node.put("base", hex(segment.base()));
    node.put("limit", segment.limit());
    node.put("flags", Integer.toUnsignedLong(segment.flags()));
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
