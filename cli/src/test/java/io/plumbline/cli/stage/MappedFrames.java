package io.plumbline.cli.stage;

import io.plumbline.ingest.capture.FrameSet;
import io.plumbline.ingest.capture.KernelFrames;
import io.plumbline.ingest.capture.PagesMode;
import io.plumbline.ingest.capture.WatchedFrames;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.reach.ConsultedFrames;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What {@link KernelFrames} watches and every small page that the guest maps: a kernel of a few
 * pages is too small for its data to be told from a program's.
 */
record MappedFrames(SyntheticGuest guest) implements WatchedFrames {
  @Override
  public PagesMode mode() {
    return PagesMode.KERNEL;
  }

  @Override
  public FrameSet of(PageSource memory, List<VcpuState> vcpus) {
    SortedSet<FrameNumber> frames =
        new TreeSet<>(ConsultedFrames.of(memory, vcpus, ExplorationBudget.STANDARD));
    guest.mapped().stream()
        .filter(page -> page.size() == PageBytes.SIZE)
        .forEach(page -> frames.add(new FrameNumber(page.frame())));
    return FrameSet.of(frames);
  }
}
