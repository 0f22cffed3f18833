package io.plumbline.introspection.monitor;

import io.plumbline.introspection.roots.IdtGate;
import io.plumbline.introspection.trust.TrustedKernel;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a kernel makes of the gates of its IDT ({@code arch/x86/kernel/idt.c}: {@code def_idts},
 * {@code ist_idts}, {@code apic_idts}, {@code ia32_idt}): interrupt gates into the kernel's code
 * segment, that programs may raise for the three vectors made for it, and that switch to a stack of
 * their own for the exceptions that may strike anywhere.
 */
final class GateRules {
  /** 64-bit interrupt gate (Intel SDM volume 3A, table 3-2). */
  private static final int INTERRUPT = 0xe;

  /** {@code __KERNEL_CS}, {@code arch/x86/include/asm/segment.h}. */
  private static final int KERNEL_CODE = 0x10;

  private static final int SYSTEM_CALL = 0x80;

  /** #BP, #OF and the system call of 32-bit programs: SYSG in {@code def_idts}. */
  private static final Set<Integer> FOR_PROGRAMS = Set.of(3, 4, SYSTEM_CALL);

  /**
   * Exceptions with a stack of their own (ISTG of {@code IST_INDEX_*} in {@code
   * arch/x86/include/asm/page_64_types.h}, plus one), in builds that have their handler.
   */
  private enum Stack {
    DOUBLE_FAULT(8, 1, "asm_exc_double_fault"),
    NMI(2, 2, "asm_exc_nmi"),
    DEBUG(1, 3, "asm_exc_debug"),
    MACHINE_CHECK(18, 4, "asm_exc_machine_check"),
    VMM_COMMUNICATION(29, 5, "asm_exc_vmm_communication");

    private final int vector;
    private final int number;
    private final String handler;

    Stack(int vector, int number, String handler) {
      this.vector = vector;
      this.number = number;
      this.handler = handler;
    }
  }

  private final Map<Integer, Integer> stacks;

  /** The rules of a guest's build. */
  GateRules(TrustedKernel kernel) {
    stacks =
        Arrays.stream(Stack.values())
            .filter(stack -> kernel.addressOf(stack.handler).isPresent())
            .collect(Collectors.toMap(stack -> stack.vector, stack -> stack.number));
  }

  /** Whether a gate of the build's may look so, its target aside. */
  boolean allow(IdtGate gate) {
    // With 32-bit programs refused, 0x80 is an interrupt like others.
    int privilege = FOR_PROGRAMS.contains(gate.vector()) ? 3 : 0;
    boolean privileged =
        gate.dpl() == privilege || (gate.vector() == SYSTEM_CALL && gate.dpl() == 0);
    return gate.type() == INTERRUPT
        && gate.selector() == KERNEL_CODE
        && privileged
        && gate.ist() == stack(gate.vector());
  }

  /** What a gate for a vector has to be. */
  String expected(int vector) {
    return describe(INTERRUPT, KERNEL_CODE, FOR_PROGRAMS.contains(vector) ? 3 : 0, stack(vector));
  }

  /** What a gate is. */
  static String actual(IdtGate gate) {
    return describe(gate.type(), gate.selector(), gate.dpl(), gate.ist());
  }

  private int stack(int vector) {
    return stacks.getOrDefault(vector, 0);
  }

  private static String describe(int type, int selector, int privilege, int stack) {
    return String.format(
        "type 0x%x, selector 0x%x, DPL %d, IST %d", type, selector, privilege, stack);
  }
}
