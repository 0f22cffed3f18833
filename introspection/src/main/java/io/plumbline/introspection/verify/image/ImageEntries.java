package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.roots.HardwareRoot;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Where an image has the hardware's roots lead (kernel {@code arch/x86/kernel/idt.c} and {@code
 * irqinit.c}, {@code arch/x86/include/asm/irq_vectors.h}, {@code idtentry.h}): exceptions and
 * system vectors to entries of their own, every other vector to its entry in a row of stubs, of
 * which each pushes its vector.
 */
public final class ImageEntries {
  private static final int FIRST_EXTERNAL_VECTOR = 0x20;
  private static final int VECTORS = 256;

  /** Entries by vector; of several the boot chooses one. */
  private static final Map<Integer, List<String>> GATES =
      Map.ofEntries(
          Map.entry(0, List.of("asm_exc_divide_error")),
          Map.entry(1, List.of("asm_exc_debug")),
          Map.entry(2, List.of("asm_exc_nmi")),
          Map.entry(3, List.of("asm_exc_int3")),
          Map.entry(4, List.of("asm_exc_overflow")),
          Map.entry(5, List.of("asm_exc_bounds")),
          Map.entry(6, List.of("asm_exc_invalid_op")),
          Map.entry(7, List.of("asm_exc_device_not_available")),
          Map.entry(8, List.of("asm_exc_double_fault")),
          Map.entry(9, List.of("asm_exc_coproc_segment_overrun")),
          Map.entry(10, List.of("asm_exc_invalid_tss")),
          Map.entry(11, List.of("asm_exc_segment_not_present")),
          Map.entry(12, List.of("asm_exc_stack_segment")),
          Map.entry(13, List.of("asm_exc_general_protection")),
          Map.entry(14, List.of("asm_exc_page_fault")),
          Map.entry(15, List.of("asm_exc_spurious_interrupt_bug")),
          Map.entry(16, List.of("asm_exc_coprocessor_error")),
          Map.entry(17, List.of("asm_exc_alignment_check")),
          Map.entry(18, List.of("asm_exc_machine_check")),
          Map.entry(19, List.of("asm_exc_simd_coprocessor_error")),
          Map.entry(20, List.of("asm_exc_virtualization_exception")),
          Map.entry(21, List.of("asm_exc_control_protection")),
          Map.entry(29, List.of("asm_exc_vmm_communication")),
          // Up to 6.6 the first device vector has a use of its own.
          Map.entry(0x20, List.of("asm_sysvec_irq_move_cleanup")),
          Map.entry(0x80, List.of("asm_int80_emulation", "entry_INT80_compat")),
          Map.entry(0xeb, List.of("asm_sysvec_posted_msi_notification")),
          Map.entry(0xec, List.of("asm_sysvec_apic_timer_interrupt")),
          Map.entry(0xed, List.of("asm_sysvec_hyperv_stimer0")),
          Map.entry(0xee, List.of("asm_sysvec_hyperv_reenlightenment")),
          Map.entry(0xf0, List.of("asm_sysvec_kvm_posted_intr_nested_ipi")),
          Map.entry(0xf1, List.of("asm_sysvec_kvm_posted_intr_wakeup_ipi")),
          Map.entry(0xf2, List.of("asm_sysvec_kvm_posted_intr_ipi")),
          Map.entry(
              0xf3,
              List.of(
                  "asm_sysvec_xen_hvm_callback",
                  "asm_sysvec_hyperv_callback",
                  "asm_sysvec_acrn_hv_callback",
                  "asm_sysvec_kvm_asyncpf_interrupt")),
          Map.entry(0xf4, List.of("asm_sysvec_deferred_error")),
          Map.entry(
              0xf5,
              List.of("asm_sysvec_uv_bau_message", "asm_sysvec_perf_guest_mediated_pmi_handler")),
          Map.entry(0xf6, List.of("asm_sysvec_irq_work")),
          Map.entry(0xf7, List.of("asm_sysvec_x86_platform_ipi")),
          Map.entry(0xf8, List.of("asm_sysvec_reboot")),
          Map.entry(0xf9, List.of("asm_sysvec_threshold")),
          Map.entry(0xfa, List.of("asm_sysvec_thermal")),
          Map.entry(0xfb, List.of("asm_sysvec_call_function_single")),
          Map.entry(0xfc, List.of("asm_sysvec_call_function")),
          Map.entry(0xfd, List.of("asm_sysvec_reschedule_ipi")),
          Map.entry(0xfe, List.of("asm_sysvec_error_interrupt")),
          Map.entry(0xff, List.of("asm_sysvec_spurious_apic_interrupt")));

  /** What syscall_init of {@code arch/x86/kernel/cpu/common.c} writes to the registers. */
  private static final Map<HardwareRoot.Kind, List<String>> REGISTERS =
      Map.of(
          HardwareRoot.Kind.LSTAR,
          List.of("entry_SYSCALL_64"),
          HardwareRoot.Kind.CSTAR,
          List.of("entry_SYSCALL_compat", "entry_SYSCALL32_ignore", "ignore_sysret"),
          HardwareRoot.Kind.SYSENTER,
          List.of("entry_SYSENTER_compat"));

  /** Rows of stubs, one for each vector from the first on. */
  private static final List<String> ROWS = List.of("irq_entries_start", "spurious_entries_start");

  /** IDT_ALIGN of {@code arch/x86/include/asm/segment.h}: 8, or 16 with ENDBR. */
  private static final int[] STRIDES = {8, 16};

  private static final byte[] ENDBR = {(byte) 0xf3, 0x0f, 0x1e, (byte) 0xfa};
  private static final byte PUSH = 0x6a;

  private final Map<Integer, SortedSet<Long>> gates = new HashMap<>();
  private final Map<HardwareRoot.Kind, SortedSet<Long>> registers = new HashMap<>();

  private ImageEntries() {}

  /** Those of an image. */
  public static ImageEntries of(KernelImage image) {
    Set<String> wanted = new HashSet<>(ROWS);
    GATES.values().forEach(wanted::addAll);
    REGISTERS.values().forEach(wanted::addAll);
    Map<String, Long> places = new HashMap<>();
    ImageSymbols symbols = image.symbols();
    for (int i = 0; i < symbols.size(); i++) {
      if (wanted.contains(symbols.names().get(i))) {
        places.putIfAbsent(symbols.names().get(i), symbols.offsets()[i]);
      }
    }
    ImageEntries entries = new ImageEntries();
    GATES.forEach((vector, names) -> entries.addGates(vector, names, places));
    REGISTERS.forEach(
        (kind, names) -> entries.registers.put(kind, new TreeSet<>(known(names, places))));
    for (String row : ROWS) {
      if (places.containsKey(row)) {
        entries.addRow(image, places.get(row));
      }
    }
    return entries;
  }

  private void addGates(int vector, List<String> names, Map<String, Long> places) {
    List<Long> known = known(names, places);
    if (!known.isEmpty()) {
      gates.computeIfAbsent(vector, v -> new TreeSet<>()).addAll(known);
    }
  }

  private static List<Long> known(List<String> names, Map<String, Long> places) {
    return names.stream().filter(places::containsKey).map(places::get).toList();
  }

  /** Adds the stubs of one row, of the stride at which they push one vector after the other. */
  private void addRow(KernelImage image, long start) {
    for (int stride : STRIDES) {
      int first = pushedAt(image, start);
      if (first >= FIRST_EXTERNAL_VECTOR && pushedAt(image, start + stride) == first + 1) {
        for (int vector = first; vector < VECTORS; vector++) {
          long stub = start + (long) stride * (vector - first);
          if (pushedAt(image, stub) != vector) {
            return;
          }
          gates.computeIfAbsent(vector, v -> new TreeSet<>()).add(stub);
        }
        return;
      }
    }
  }

  /** The vector that the stub at {@code offset} pushes, -1 if it is none. */
  private static int pushedAt(KernelImage image, long offset) {
    for (ImageSection section : image.sections()) {
      long at = offset - section.offset();
      if (section.executable() && at >= 0 && at + ENDBR.length + 2 <= section.bytes().length) {
        byte[] code = section.bytes();
        int push = (int) at;
        if (java.util.Arrays.equals(code, push, push + ENDBR.length, ENDBR, 0, ENDBR.length)) {
          push += ENDBR.length;
        }
        return code[push] == PUSH ? code[push + 1] & 0xff : -1;
      }
    }
    return -1;
  }

  /**
   * Where a root may lead, as offsets from the image's base; none if the image has no use of it.
   */
  public SortedSet<Long> of(HardwareRoot.Kind kind, int vector) {
    SortedSet<Long> offsets =
        kind == HardwareRoot.Kind.IDT_GATE ? gates.get(vector) : registers.get(kind);
    return offsets == null ? Collections.emptySortedSet() : offsets;
  }

  /** Vectors that the image has an entry for, ascending. */
  public SortedSet<Integer> vectors() {
    return new TreeSet<>(gates.keySet());
  }
}
