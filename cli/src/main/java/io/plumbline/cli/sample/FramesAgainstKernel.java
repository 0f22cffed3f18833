package io.plumbline.cli.sample;

import io.plumbline.ingest.capture.FrameSet;
import io.plumbline.ingest.capture.PagesMode;
import io.plumbline.ingest.capture.WatchedFrames;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageSource;
import java.util.List;

/** Watches a kernel's frames in the first round, which is not recorded, and afterwards as usual. */
public final class FramesAgainstKernel implements WatchedFrames {
  private final FrameSet kernel;
  private final WatchedFrames usual;
  private boolean first = true;

  /** Rounds over {@code usual}, told against one over the frames of {@code kernel}. */
  public FramesAgainstKernel(FrameSet kernel, WatchedFrames usual) {
    this.kernel = kernel;
    this.usual = usual;
  }

  @Override
  public PagesMode mode() {
    return usual.mode();
  }

  @Override
  public FrameSet of(PageSource memory, List<VcpuState> vcpus) {
    FrameSet frames = first ? kernel : usual.of(memory, vcpus);
    first = false;
    return frames;
  }
}
