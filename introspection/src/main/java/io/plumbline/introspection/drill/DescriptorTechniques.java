package io.plumbline.introspection.drill;

import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.verify.patch.Bytes;
import java.util.List;

/**
 * Ways to take over interrupts and stacks by descriptors (Intel SDM volume 3A, chapters 3 to 8).
 */
final class DescriptorTechniques {
  private static final String THEME = "descriptor tables";

  /** The page fault, which every guest takes all the time. */
  private static final int VECTOR = 14;

  private static final int GATE = 16;
  private static final int DESCRIPTOR = 8;

  /** In a gate's fifth and sixth byte (figure 6-8). */
  private static final int IST_AT = 4;

  private static final int ACCESS_AT = 5;
  private static final int DPL_3 = 3 << 5;

  /** A present 64-bit call gate that ring 3 may use (section 5.8.3.1, figure 5-8). */
  private static final int CALL_GATE = 0xec;

  private static final int KERNEL_CODE = 0x10;

  /** In the TSS (figure 8-11). */
  private static final int RSP0_AT = 4;

  private static final int IST1_AT = 36;

  private DescriptorTechniques() {}

  static List<Technique> all() {
    return List.of(
        made("idt-gate", "a gate of the IDT leads to foreign code", DescriptorTechniques::gate),
        made(
            "idt-moved",
            "IDTR of one vCPU names a copy of the IDT",
            DescriptorTechniques::movedTable),
        made(
            "idt-gate-privilege",
            "user mode may raise an exception by INT n: the gate's DPL is 3",
            scene -> gateByte(scene, ACCESS_AT, DPL_3)),
        made(
            "idt-gate-stack",
            "an exception comes on another stack: the gate's IST is changed",
            scene -> gateByte(scene, IST_AT, 2)),
        made(
            "gdt-call-gate",
            "a call gate in the GDT lets user mode call foreign code in ring 0",
            DescriptorTechniques::callGate),
        made(
            "tss-rsp0",
            "RSP0 in the TSS names an attacker's stack",
            scene -> stack(scene, RSP0_AT, "TSS.RSP0")),
        made(
            "tss-ist",
            "IST1 in the TSS names an attacker's stack",
            scene -> stack(scene, IST1_AT, "TSS.IST1")));
  }

  private static Technique made(String name, String how, MadeTechnique.Making make) {
    return new MadeTechnique(name, THEME, how, make);
  }

  private static long gateAddress(Scene scene) {
    DescriptorTable idt = scene.viewer().idtr();
    if (idt.limit() + 1 < (VECTOR + 1) * GATE) {
      throw new NoPlaceException("the IDT has no gate " + VECTOR);
    }
    return idt.base().value() + (long) VECTOR * GATE;
  }

  private static String gateName() {
    return "IDT[" + VECTOR + "]";
  }

  private static List<Expected> gate(Scene scene) {
    long address = gateAddress(scene);
    byte[] gate = scene.read(address, GATE);
    putOffset(gate, scene.payload());
    scene.write(address, gate);
    return List.of(Expected.of(FindingType.UNEXPECTED_INTERRUPT_HANDLER, address, gateName()));
  }

  /** The offset of an interrupt or a call gate. */
  private static void putOffset(byte[] gate, long target) {
    gate[0] = (byte) target;
    gate[1] = (byte) (target >>> 8);
    gate[6] = (byte) (target >>> 16);
    gate[7] = (byte) (target >>> 24);
    Bytes.putInt(gate, 8, (int) (target >>> 32));
  }

  private static List<Expected> movedTable(Scene scene) {
    VcpuState vcpu = scene.otherVcpu();
    DescriptorTable idt = vcpu.idtr();
    if (idt.limit() >= PageBytes.SIZE) {
      throw new NoPlaceException("the IDT takes more than a page");
    }
    long copy = scene.data(scene.read(idt.base().value(), idt.limit() + 1));
    scene.registers(
        vcpu.index(),
        state -> state.withIdt(new DescriptorTable(new GuestVirtualAddress(copy), idt.limit())));
    return List.of(
        Expected.of(FindingType.UNEXPECTED_DESCRIPTOR_TABLE, copy, "IDTR").onVcpu(vcpu.index()));
  }

  private static List<Expected> gateByte(Scene scene, int at, int bits) {
    long address = gateAddress(scene);
    byte[] gate = scene.read(address, GATE);
    gate[at] ^= (byte) bits;
    scene.write(address, gate);
    return List.of(Expected.of(FindingType.UNEXPECTED_DESCRIPTOR_TABLE, address, gateName()));
  }

  private static List<Expected> callGate(Scene scene) {
    DescriptorTable gdt = scene.viewer().gdtr();
    byte[] table = scene.read(gdt.base().value(), gdt.limit() + 1);
    int free = freeDescriptors(table);
    byte[] gate = new byte[2 * DESCRIPTOR];
    putOffset(gate, scene.payload());
    gate[2] = KERNEL_CODE;
    gate[ACCESS_AT] = (byte) CALL_GATE;
    long address = gdt.base().value() + free;
    scene.write(address, gate);
    return List.of(
        Expected.of(
            FindingType.UNEXPECTED_DESCRIPTOR_TABLE, address, "GDT[" + free / DESCRIPTOR + "]"));
  }

  /** Two that follow each other, behind the null descriptor; in bytes from the table's start. */
  private static int freeDescriptors(byte[] table) {
    for (int at = DESCRIPTOR; at + 2 * DESCRIPTOR <= table.length; at += DESCRIPTOR) {
      if (Bytes.longAt(table, at) == 0 && Bytes.longAt(table, at + DESCRIPTOR) == 0) {
        return at;
      }
    }
    throw new NoPlaceException("the GDT has no two free descriptors that follow each other");
  }

  private static List<Expected> stack(Scene scene, int at, String name) {
    VcpuState vcpu = scene.otherVcpu();
    long field = vcpu.tr().base() + at;
    scene.writeLong(field, scene.data() + PageBytes.SIZE);
    return List.of(
        Expected.of(FindingType.UNEXPECTED_DESCRIPTOR_TABLE, field, name).onVcpu(vcpu.index()));
  }
}
