package io.plumbline.introspection.reach;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Every frame that a verdict on a guest rests on: page tables, descriptor tables, supervisor
 * executable pages, the pointer tables that reached code uses, the data that the kernel's own
 * mapping has beside its code, and the data that names what was put into it. Nothing else has to
 * leave the host, and no user memory does.
 */
public final class ConsultedFrames {
  private ConsultedFrames() {}

  /** The frames, readable or not, that an exploration of this guest asks for. */
  public static SortedSet<FrameNumber> of(
      PageSource pages, List<VcpuState> vcpus, ExplorationBudget budget) {
    Noting noting = new Noting(pages);
    long entries = 0;
    for (VcpuState vcpu : vcpus) {
      // A judge looks at every vCPU's tables until it finds the kernel's.
      AddressSpace space = AddressSpace.asMade(vcpu, noting);
      entries += space.executableMemory(budget.walk().after(entries)).entriesExamined();
    }
    GuestKernel.of(noting, vcpus, budget)
        .kernel()
        .ifPresent(
            kernel -> {
              readTables(kernel, noting, budget);
              CodeSurroundings.read(kernel, vcpus, noting, budget.dataPages());
              HookTables.read(kernel, pages, noting, budget.dataPages());
            });
    return noting.asked;
  }

  private static void readTables(GuestKernel kernel, PageSource pages, ExplorationBudget budget) {
    Exploration exploration =
        Exploration.from(kernel.entries(), kernel.code(), kernel.mode(), budget);
    for (TableUse use : exploration.tables()) {
      // Where a table ends is the build's knowledge, and a guest that has an entry led astray must
      // not hide those behind it.
      TableContent.ofLength(
          budget.tableEntries(), use.table(), kernel.space(), pages, kernel.mode());
    }
  }

  private record Noting(PageSource pages, SortedSet<FrameNumber> asked) implements PageSource {
    Noting(PageSource pages) {
      this(pages, new TreeSet<>());
    }

    @Override
    public Optional<PageBytes> read(FrameNumber frame) {
      asked.add(frame);
      return pages.read(frame);
    }
  }
}
