package io.plumbline.ingest.recording;

import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.Observation.CaptureBoundary;
import io.plumbline.ingest.capture.Observation.LifeCycle;
import io.plumbline.ingest.capture.Observation.PageDeltas;
import io.plumbline.ingest.capture.Observation.VcpuStates;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageDelta;
import io.plumbline.introspection.memory.PageDeltaException;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.PagesByFrame;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A guest made of its observations: at every capture boundary it is the guest as it was recorded,
 * as far as it was watched; between boundaries it is in the middle of a change. Every page is
 * checked against its digest. For one thread.
 */
public final class ReplayedGuest implements PageSource {
  private final PagesByFrame pages = new PagesByFrame();
  private List<VcpuState> vcpus = List.of();
  private Optional<Observation> last = Optional.empty();

  /** Observations do not fit together; the message names the one that does not. */
  public static final class ReplayException extends Exception {
    private static final long serialVersionUID = 1L;

    ReplayException(Observation observation, String reason, Throwable cause) {
      super(
          String.format(
              "observation %d/%d of %s: %s",
              observation.vm().collectorEpoch(),
              observation.sequence(),
              observation.vm().vmId(),
              reason),
          cause);
    }
  }

  /** A guest of which nothing is known, so that its first round has to say everything. */
  public ReplayedGuest() {}

  /**
   * A guest whose first round may say only how it differs from {@code before}, such as what a
   * kernel's file has in the frames that it was loaded to.
   */
  public ReplayedGuest(Map<FrameNumber, PageBytes> before) {
    before.forEach(pages::put);
  }

  /**
   * Applies the next observation; the same one again changes nothing.
   *
   * @return the boundary if this was one: the guest may be looked at
   * @throws ReplayException if one before it is missing or a page is not what its digest says
   */
  public Optional<CaptureBoundary> apply(Observation next) throws ReplayException {
    checkOrder(next);
    if (next.body() instanceof VcpuStates states) {
      if (states.snapshot() && !isRepetition(next)) {
        pages.clear();
      }
      vcpus = states.vcpus();
    } else if (next.body() instanceof PageDeltas deltas) {
      apply(next, deltas);
    } else if (next.body() instanceof LifeCycle lifeCycle
        && lifeCycle.event() == LifeCycle.Event.STOPPED) {
      pages.clear();
      vcpus = List.of();
    }
    last = Optional.of(next);
    return next.body() instanceof CaptureBoundary boundary
        ? Optional.of(boundary)
        : Optional.empty();
  }

  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    return pages.read(frame);
  }

  /** The vCPUs of the newest round; empty before the first and after the guest has stopped. */
  public List<VcpuState> vcpus() {
    return vcpus;
  }

  /** A copy of its pages as they are now. */
  public PagesByFrame pages() {
    return new PagesByFrame(pages);
  }

  /** How many frames have content. */
  public int frames() {
    return pages.size();
  }

  private void apply(Observation observation, PageDeltas deltas) throws ReplayException {
    for (PageDelta delta : deltas.pages()) {
      try {
        pages.put(delta.frame(), delta.apply(read(delta.frame())));
      } catch (PageDeltaException e) {
        throw new ReplayException(observation, e.getMessage(), e);
      }
    }
    deltas.withdrawn().forEach(withdrawn -> pages.remove(withdrawn.frame()));
  }

  private boolean isRepetition(Observation next) {
    return last.isPresent()
        && last.get().vm().equals(next.vm())
        && last.get().sequence() == next.sequence();
  }

  /**
   * A VM is taken up at a snapshot, before one, or on pages known beforehand; from there on nothing
   * may be missing.
   */
  private void checkOrder(Observation next) throws ReplayException {
    long epoch = next.vm().collectorEpoch();
    if (last.isEmpty() || epoch > last.get().vm().collectorEpoch()) {
      boolean toldAgainstPages = last.isEmpty() && pages.size() > 0;
      boolean beginning =
          toldAgainstPages
              || next.body() instanceof LifeCycle
              || (next.body() instanceof VcpuStates states && states.snapshot());
      if (!beginning) {
        throw new ReplayException(next, "expected a snapshot round to begin with", null);
      }
      return;
    }
    Observation before = last.get();
    long expected = before.sequence() + 1;
    boolean sameEpoch = epoch == before.vm().collectorEpoch();
    if (!sameEpoch || (next.sequence() != expected && !isRepetition(next))) {
      throw new ReplayException(
          next, "expected " + before.vm().collectorEpoch() + "/" + expected, null);
    }
  }
}
