package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.paging.KernelView;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.roots.HardwareRoots;
import io.plumbline.introspection.roots.MissingRoot;
import io.plumbline.introspection.roots.RootReader;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * The kernel of a guest as its hardware state shows it: executable memory through the page tables
 * of a vCPU that runs on the kernel's, and the roots of every vCPU.
 *
 * @param vcpu the vCPU whose page tables were used
 * @param roots live entries of every vCPU
 * @param inert entries that are switched on but lead to memory that the supervisor may not execute
 * @param missing roots that the hardware may use and that could not be read
 * @param onUserTables vCPUs that were stopped on user page tables, so that their own view of the
 *     kernel is not known
 */
public record GuestKernel(
    VcpuState vcpu,
    AddressSpace space,
    ExecutableMemory executable,
    CodeMemory code,
    List<HardwareRoot> roots,
    List<HardwareRoot> inert,
    List<MissingRoot> missing,
    List<Integer> onUserTables) {

  /** A guest seen, or the reason why nothing can be seen of it. */
  public record Sight(Optional<GuestKernel> kernel, String reason) {}

  /** How its instructions are encoded. */
  public CodeMode mode() {
    return vcpu.longMode() ? CodeMode.LONG_64 : CodeMode.PROTECTED_32;
  }

  /** The same kernel with code that stays as it is, whatever becomes of this one's. */
  GuestKernel withCodeAsItIs() {
    return new GuestKernel(
        vcpu, space, executable, code.asItIs(), roots, inert, missing, onUserTables);
  }

  /** The distinct targets of all roots, in the order of vCPUs and vectors. */
  public List<GuestVirtualAddress> entries() {
    Set<GuestVirtualAddress> targets = new LinkedHashSet<>();
    roots.forEach(root -> targets.add(root.target()));
    return List.copyOf(targets);
  }

  /** Where the gate of {@code vector} leads on the first vCPU that has it live. */
  public Optional<GuestVirtualAddress> handler(int vector) {
    return roots.stream()
        .filter(root -> root.kind() == HardwareRoot.Kind.IDT_GATE && root.vector() == vector)
        .map(HardwareRoot::target)
        .findFirst();
  }

  /** Looks at a guest through the first vCPU that runs on kernel page tables. */
  public static Sight of(PageSource pages, List<VcpuState> vcpus, ExplorationBudget budget) {
    return of(pages, vcpus, budget, (space, executable) -> code(space, executable, pages, budget));
  }

  /** The same, but holds none of its code, which is read again when somebody asks in a round. */
  public static Sight lookedAt(PageSource pages, List<VcpuState> vcpus, ExplorationBudget budget) {
    return of(
        pages,
        vcpus,
        budget,
        (space, executable) -> CodeMemory.lookedAt(space, executable, pages, budget));
  }

  /**
   * Looks again at a guest of which page tables, descriptor tables or registers may have changed.
   *
   * @return whether it is seen as before, so that its code lies where it did
   */
  public boolean isSeenAgain(PageSource pages, List<VcpuState> vcpus, ExplorationBudget budget) {
    return of(pages, vcpus, budget, (space, executable) -> code)
        .kernel()
        .filter(this::isLike)
        .isPresent();
  }

  private boolean isLike(GuestKernel other) {
    return vcpu.index() == other.vcpu.index()
        && executable.showsTheSameAs(other.executable)
        && space.mode() == other.space.mode()
        && space.canForbidExecution() == other.space.canForbidExecution()
        && roots.equals(other.roots)
        && inert.equals(other.inert)
        && missing.equals(other.missing)
        && onUserTables.equals(other.onUserTables);
  }

  private static Sight of(
      PageSource pages,
      List<VcpuState> vcpus,
      ExplorationBudget budget,
      BiFunction<AddressSpace, ExecutableMemory, CodeMemory> codeOf) {
    List<Integer> onUserTables = new ArrayList<>();
    boolean unpaged = false;
    long entries = 0;
    for (VcpuState vcpu : vcpus) {
      AddressSpace space = AddressSpace.asMade(vcpu, pages);
      ExecutableMemory executable = space.executableMemory(budget.walk().after(entries));
      entries += executable.entriesExamined();
      if (executable.view() == KernelView.UNPAGED) {
        unpaged = true;
      } else if (executable.view() == KernelView.USER_TABLES) {
        onUserTables.add(vcpu.index());
      } else {
        CodeMemory code = codeOf.apply(space, executable);
        GuestKernel kernel = through(vcpu, space, executable, code, vcpus, pages, onUserTables);
        return new Sight(Optional.of(kernel), "");
      }
    }
    return new Sight(Optional.empty(), whyNot(vcpus, onUserTables, unpaged));
  }

  private static CodeMemory code(
      AddressSpace space, ExecutableMemory executable, PageSource pages, ExplorationBudget budget) {
    return space.canForbidExecution()
        ? CodeMemory.read(executable, pages, budget)
        : CodeMemory.readWithoutNoExecute(executable, pages, budget);
  }

  private static GuestKernel through(
      VcpuState chosen,
      AddressSpace space,
      ExecutableMemory executable,
      CodeMemory code,
      List<VcpuState> vcpus,
      PageSource pages,
      List<Integer> onUserTables) {
    List<HardwareRoot> roots = new ArrayList<>();
    List<HardwareRoot> inert = new ArrayList<>();
    List<MissingRoot> missing = new ArrayList<>();
    for (VcpuState vcpu : vcpus) {
      // Descriptor tables lie in the kernel's half, which user tables may not show.
      AddressSpace own =
          onUserTables.contains(vcpu.index()) ? space : AddressSpace.asMade(vcpu, pages);
      HardwareRoots read = RootReader.read(vcpu, own);
      roots.addAll(read.roots());
      inert.addAll(read.inert());
      missing.addAll(read.missing());
    }
    return new GuestKernel(
        chosen,
        space,
        executable,
        code,
        List.copyOf(roots),
        List.copyOf(inert),
        List.copyOf(missing),
        List.copyOf(onUserTables));
  }

  private static String whyNot(List<VcpuState> vcpus, List<Integer> onUserTables, boolean unpaged) {
    if (vcpus.isEmpty()) {
      return "no vCPU state: expected at least one vCPU, found none";
    }
    if (!onUserTables.isEmpty()) {
      return "every vCPU was stopped on user page tables (vCPU "
          + onUserTables
          + "), which do not show the kernel: sample again until one runs in the kernel (if one did,"
          + " memory and registers are not of the same instant, or the image's layout is wrong)";
    }
    return unpaged
        ? "paging is off on every vCPU: no operating system runs"
        : "no page tables can be read";
  }
}
