package io.plumbline.introspection.roots;

import io.plumbline.introspection.memory.FrameNumber;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What one vCPU's hardware state says about the ways into the kernel.
 *
 * @param roots live entries, IDT gates in vector order first
 * @param inert entries that are switched on but lead to memory that the supervisor may not execute,
 *     or that is no address at all: using them faults. Linux leaves unused exception vectors
 *     pointing into its freed boot code
 * @param gates every IDT descriptor that could be read, live or not; vectors whose 8 or 16 bytes
 *     are all zero are left out
 * @param missing entries that the hardware may use and that could not be told
 * @param taskState stacks that gates switch to; empty outside IA-32e mode or if unreadable
 * @param consulted frames of IDT, GDT, LDT and TSS, readable or not; page tables not included
 */
public record HardwareRoots(
    List<HardwareRoot> roots,
    List<HardwareRoot> inert,
    List<IdtGate> gates,
    List<MissingRoot> missing,
    Optional<TaskState> taskState,
    Set<FrameNumber> consulted) {
  public HardwareRoots {
    roots = List.copyOf(roots);
    inert = List.copyOf(inert);
    gates = List.copyOf(gates);
    missing = List.copyOf(missing);
    consulted = Set.copyOf(consulted);
  }
}
