package io.plumbline.ingest.capture;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageSource;
import java.util.List;

/** Chooses the frames to watch, anew for every round, since the guest moves its tables. */
public interface WatchedFrames {
  /** What the choice is called. */
  PagesMode mode();

  /** The frames to watch in a guest that is in this state. */
  FrameSet of(PageSource memory, List<VcpuState> vcpus);

  /** All of the guest's RAM, whatever the guest does. */
  static WatchedFrames all(FrameSet ram) {
    return new WatchedFrames() {
      @Override
      public PagesMode mode() {
        return PagesMode.FULL;
      }

      @Override
      public FrameSet of(PageSource memory, List<VcpuState> vcpus) {
        return ram;
      }
    };
  }
}
