package io.plumbline.ingest.capture;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.reach.ConsultedFrames;
import io.plumbline.introspection.reach.ExplorationBudget;
import java.util.List;

/**
 * Watches what a verdict rests on: page tables, descriptor tables, supervisor-executable pages and
 * the pointer tables that the kernel's code uses. No user memory is among them.
 *
 * <p>Chosen anew for each round: a frame that was a page table may hold a program's memory in the
 * next one, so nothing stays watched for having been watched before.
 *
 * @param budget bounds of the exploration that finds them
 */
public record KernelFrames(ExplorationBudget budget) implements WatchedFrames {
  @Override
  public PagesMode mode() {
    return PagesMode.KERNEL;
  }

  @Override
  public FrameSet of(PageSource memory, List<VcpuState> vcpus) {
    return FrameSet.of(ConsultedFrames.of(memory, vcpus, budget));
  }
}
