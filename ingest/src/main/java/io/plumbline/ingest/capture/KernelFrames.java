package io.plumbline.ingest.capture;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.reach.ConsultedFrames;
import io.plumbline.introspection.reach.ExplorationBudget;
import java.util.List;

/**
 * The frames that a verdict on the guest rests on and no others, so that no user memory leaves the
 * host. What the guest has moved since the last round is found because the guest is explored anew.
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
