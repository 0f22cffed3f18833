package io.plumbline.cli.fleet;

import io.plumbline.ingest.capture.FrameSet;
import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.PagesMode;
import io.plumbline.ingest.capture.WatchedFrames;
import io.plumbline.ingest.recording.RecordingException;
import io.plumbline.ingest.recording.RecordingReader;
import io.plumbline.ingest.recording.ReplayedGuest;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.PagesByFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A guest as it was at the end of one recorded round: what was watched of its memory, and its
 * vCPUs. Any order of such states of one guest is a history that it could have had, as the memory
 * of each is complete.
 *
 * @param pages which nobody changes any more
 */
public record RecordedState(PagesByFrame pages, List<VcpuState> vcpus) implements PageSource {
  /** Watches what the recording watched. */
  static final WatchedFrames WATCHED =
      new WatchedFrames() {
        @Override
        public PagesMode mode() {
          return PagesMode.KERNEL;
        }

        @Override
        public FrameSet of(PageSource memory, List<VcpuState> vcpus) {
          return FrameSet.of(((RecordedState) memory).pages.frames());
        }
      };

  public RecordedState {
    vcpus = List.copyOf(vcpus);
  }

  /**
   * The states of a recording, one for each of its rounds.
   *
   * @throws RecordingException if its observations do not fit together
   */
  public static List<RecordedState> of(Path recording) throws IOException {
    return upTo(recording, Integer.MAX_VALUE);
  }

  /**
   * The same up to one of the rounds; of what was recorded after it, one observation is read.
   *
   * @param last number of the round, from 0; there may be fewer
   */
  public static List<RecordedState> upTo(Path recording, int last) throws IOException {
    List<RecordedState> states = new ArrayList<>();
    ReplayedGuest guest = new ReplayedGuest();
    try (RecordingReader reader = new RecordingReader(recording)) {
      Optional<Observation> next = reader.next();
      for (; next.isPresent() && states.size() <= last; next = reader.next()) {
        if (guest.apply(next.get()).isPresent()) {
          states.add(new RecordedState(guest.pages(), guest.vcpus()));
        }
      }
    } catch (ReplayedGuest.ReplayException e) {
      throw new RecordingException(recording, e.getMessage(), e);
    }
    return states;
  }

  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    return pages.read(frame);
  }
}
