package io.plumbline.introspection.fuzz;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.paging.ExecutableRange;
import io.plumbline.introspection.paging.WalkBudget;
import io.plumbline.introspection.roots.HardwareRoots;
import io.plumbline.introspection.roots.RootReader;
import java.util.List;
import java.util.stream.Stream;

/** What reads page tables and descriptor tables. */
enum PagingProbes implements Probe {
  /** The ways into the kernel. */
  ROOTS {
    /** Vectors, LSTAR, CSTAR and SYSENTER. */
    private static final int MOST_ROOTS = 256 + 3;

    @Override
    public String look(HostileGuest guest, FuzzBounds bounds, boolean again) {
      for (VcpuState vcpu : guest.vcpus()) {
        HardwareRoots roots = RootReader.read(vcpu, AddressSpace.of(vcpu, guest.memory()));
        int told = roots.roots().size() + roots.inert().size() + roots.missing().size();
        Law.holds(told <= MOST_ROOTS, () -> "more roots than a vCPU can have: " + told);
        Law.holds(roots.gates().size() <= 256, () -> "gates: " + roots.gates().size());
      }
      return "";
    }
  },

  /** The sweep of all tables. */
  EXECUTABLE_MEMORY {
    @Override
    public String look(HostileGuest guest, FuzzBounds bounds, boolean again) {
      String cut = "";
      for (VcpuState vcpu : guest.vcpus()) {
        AddressSpace space = AddressSpace.of(vcpu, guest.memory());
        ExecutableMemory memory = space.executableMemory(bounds.budget().walk());
        keepsTo(bounds.budget().walk(), memory);
        if (again && !memory.budgetExhausted()) {
          ExecutableMemory more = space.executableMemory(bounds.times(8).budget().walk());
          Law.holds(
              more.equals(memory), () -> "a larger budget shows more than was told: " + memory);
        }
        cut = memory.budgetExhausted() ? bound(bounds.budget().walk(), memory) : cut;
      }
      return cut;
    }
  };

  /** Which of the bounds ended the sweep. */
  private static String bound(WalkBudget budget, ExecutableMemory memory) {
    if (pieces(memory) >= budget.runs()) {
      return "pieces";
    }
    return pages(memory) >= budget.pages() ? "pages" : "entries";
  }

  private static List<ExecutableRange> ranges(ExecutableMemory memory) {
    return Stream.concat(memory.kernelRanges().stream(), memory.userRanges().stream()).toList();
  }

  private static long pages(ExecutableMemory memory) {
    return ranges(memory).stream().mapToLong(ExecutableRange::pages).sum();
  }

  private static long pieces(ExecutableMemory memory) {
    return memory.unreadable().size()
        + ranges(memory).stream().mapToLong(range -> range.runs().size()).sum();
  }

  private static void keepsTo(WalkBudget budget, ExecutableMemory memory) {
    Law.holds(
        memory.entriesExamined() <= budget.entries(), () -> "entries " + memory.entriesExamined());
    Law.holds(pages(memory) <= budget.pages(), () -> "pages " + pages(memory));
    Law.holds(
        pieces(memory) <= budget.runs(), () -> "pieces and unreadable tables " + pieces(memory));
    long end = 0;
    for (ExecutableRange range : memory.kernelRanges()) {
      long start = range.start().value();
      Law.holds(
          Long.compareUnsigned(start, end) >= 0 && range.length() % PageBytes.SIZE == 0,
          () -> "ranges overlap or are not whole pages: " + range);
      end = start + range.length();
    }
  }
}
