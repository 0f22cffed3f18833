package io.plumbline.introspection.monitor;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.roots.DescriptorTables;
import io.plumbline.introspection.roots.TaskState;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Observation;
import io.plumbline.introspection.trust.Observations;
import io.plumbline.introspection.trust.TrustedKernel;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The TSS of one vCPU, and the stacks that it names. */
final class ProcessorTask {
  private static final String TSS = "cpu_tss_rw";

  private final TrustedKernel kernel;
  private final ProcessorAreas areas;
  private final VcpuState vcpu;
  private final AddressSpace space;
  private final Observations observations;

  ProcessorTask(
      TrustedKernel kernel, ProcessorAreas areas, VcpuState vcpu, Observations observations) {
    this.kernel = kernel;
    this.areas = areas;
    this.vcpu = vcpu;
    this.space = kernel.spaceOf(vcpu);
    this.observations = observations;
  }

  /**
   * @param processor whose GDT the vCPU uses, as far as that is known
   */
  void observe(OptionalInt processor) {
    long base = vcpu.tr().base();
    if (kernel.addressOf(TSS).isPresent()) {
      OptionalInt owner = areas.ownerOf(space.translateToFrame(base), TSS);
      boolean others = processor.isPresent() && owner.isPresent() && !owner.equals(processor);
      boolean aligned = new GuestVirtualAddress(base).offsetInPage() == 0;
      if (owner.isEmpty() && areas.unreadable()) {
        observations.notSeen("vCPU " + vcpu.index() + ": whose TSS it uses");
      } else if (owner.isEmpty() || others || !aligned) {
        register(base, others ? "the processor's own " + TSS : "a frame of " + TSS);
      }
      // With FRED the kernel enters on the task's own stack, and the TSS names none.
      if (!vcpu.control().flexibleReturnAndEventDelivery()) {
        DescriptorTables.read(vcpu, space).taskState().ifPresent(state -> stacks(state, owner));
      }
    }
  }

  private void stacks(TaskState state, OptionalInt owner) {
    TaskStateRules rules = TaskStateRules.of(state.base().value(), state.ist());
    stack("TSS.RSP0", state.stackField(0), rules.entryStack(), state.rsp().get(0));
    for (int number = 1; number <= state.ist().size(); number++) {
      String symbol = "TSS.IST" + number;
      long actual = state.ist().get(number - 1);
      stack(symbol, state.interruptStackField(number), rules.stack(number), actual);
      OptionalLong last = rules.lastByte(number);
      if (actual == rules.stack(number) && owner.isPresent() && last.isPresent()) {
        memory(symbol, state, number, owner.getAsInt(), last.getAsLong());
      }
    }
  }

  private void stack(String symbol, GuestVirtualAddress field, long expected, long actual) {
    if (actual != expected) {
      observations.add(task(field, symbol).butFound(kernel.place(expected), kernel.place(actual)));
    }
  }

  /** What lies behind a stack is the processor's own; one that no event needs is not mapped. */
  private void memory(String symbol, TaskState state, int number, int owner, long last) {
    if (kernel.addressOf(TaskStateRules.STACKS).isEmpty()) {
      return;
    }
    long actual = space.translateToFrame(state.ist().get(number - 1) - 1);
    long expected = areas.frameOf(owner, TaskStateRules.STACKS, last);
    if (actual >= 0 && expected < 0 && areas.unreadable()) {
      observations.notSeen("vCPU " + vcpu.index() + ": what lies behind " + symbol);
    } else if (actual >= 0 && actual != expected) {
      observations.add(
          task(state.interruptStackField(number), symbol)
              .butFound(
                  String.format("frame 0x%x of %s", expected, TaskStateRules.STACKS),
                  String.format("frame 0x%x", actual)));
    }
  }

  private void register(long base, String expected) {
    observations.add(
        task(new GuestVirtualAddress(base), "TR")
            .butFound(
                expected,
                String.format("%s, frame 0x%x", kernel.place(base), space.translateToFrame(base))));
  }

  private Observation task(GuestVirtualAddress address, String symbol) {
    return Observation.of(FindingType.UNEXPECTED_DESCRIPTOR_TABLE, vcpu.index(), address, symbol);
  }
}
