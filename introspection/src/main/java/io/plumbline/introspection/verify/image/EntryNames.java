package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.patch.ImageNames;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Which functions of a kernel a hardware root may lead to, by name. */
public final class EntryNames {
  private static final Map<Integer, List<String>> GATES = new HashMap<>();

  private static final Map<HardwareRoot.Kind, List<String>> REGISTERS =
      Map.of(
          HardwareRoot.Kind.LSTAR,
          List.of("entry_SYSCALL_64"),
          HardwareRoot.Kind.CSTAR,
          List.of("entry_SYSCALL_compat", "entry_SYSCALL32_ignore", "ignore_sysret"),
          HardwareRoot.Kind.SYSENTER,
          List.of("entry_SYSENTER_compat"));

  private static final int FIRST_DEVICE = 0x20;
  private static final int FIRST_SYSTEM = 0xec;
  private static final String SYSTEM_VECTOR = "asm_sysvec_";

  /** What the first device vector is for, up to 6.6 (IRQ_MOVE_CLEANUP_VECTOR). */
  private static final String MOVE_CLEANUP = "asm_sysvec_irq_move_cleanup";

  static {
    // arch/x86/include/asm/trapnr.h and idtentry.h.
    String[] exceptions = {
      "divide_error",
      "debug",
      "nmi",
      "int3",
      "overflow",
      "bounds",
      "invalid_op",
      "device_not_available",
      "double_fault",
      "coproc_segment_overrun",
      "invalid_tss",
      "segment_not_present",
      "stack_segment",
      "general_protection",
      "page_fault",
      "spurious_interrupt_bug",
      "coprocessor_error",
      "alignment_check",
      "machine_check",
      "simd_coprocessor_error",
      "virtualization_exception",
      "control_protection"
    };
    for (int vector = 0; vector < exceptions.length; vector++) {
      GATES.put(vector, List.of("asm_exc_" + exceptions[vector]));
    }
    GATES.put(29, List.of("asm_exc_vmm_communication"));
    GATES.put(0x80, List.of("asm_int80_emulation", "entry_INT80_compat"));
  }

  private EntryNames() {}

  /** The names that a root may have; empty if it is told by other rules. */
  static List<String> of(HardwareRoot root) {
    return root.kind() == HardwareRoot.Kind.IDT_GATE
        ? GATES.getOrDefault(root.vector(), List.of())
        : REGISTERS.getOrDefault(root.kind(), List.of());
  }

  /**
   * Whether a root leads where the kernel has it lead.
   *
   * @param offset of its target from the image's base
   */
  public static boolean isLegal(HardwareRoot root, long offset, ImageNames names) {
    List<String> exact = of(root);
    if (!exact.isEmpty()) {
      return exact.stream().anyMatch(name -> names.isNamed(offset, name));
    }
    int vector = root.vector();
    if (root.kind() != HardwareRoot.Kind.IDT_GATE || vector < FIRST_DEVICE) {
      return false;
    }
    boolean systemVector =
        vector >= FIRST_SYSTEM
            && names.isEntry(offset)
            && names.nameOf(offset).startsWith(SYSTEM_VECTOR);
    boolean cleanup = vector == FIRST_DEVICE && names.isNamed(offset, MOVE_CLEANUP);
    return systemVector
        || cleanup
        || isStub(names.find("irq_entries_start"), vector - FIRST_DEVICE, offset)
        || isStub(names.find("spurious_entries_start"), vector - FIRST_SYSTEM, offset);
  }

  /** The stubs of one table are 8 bytes each, 16 with ENDBR (idtentry.h, IDT_ALIGN). */
  private static boolean isStub(OptionalLong table, int index, long offset) {
    return table.isPresent()
        && index >= 0
        && (offset == table.getAsLong() + 8L * index || offset == table.getAsLong() + 16L * index);
  }

  /** What a finding says is expected of a root. */
  public static String expected(HardwareRoot root) {
    List<String> exact = of(root);
    if (!exact.isEmpty()) {
      return String.join(" or ", exact);
    }
    return root.kind() == HardwareRoot.Kind.IDT_GATE && root.vector() >= FIRST_DEVICE
        ? "the kernel's stub for this vector"
        : "not in use";
  }
}
