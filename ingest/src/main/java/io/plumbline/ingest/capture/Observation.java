package io.plumbline.ingest.capture;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageDelta;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * One thing that a collector saw of one virtual machine.
 *
 * @param vm whose, and whose collector's
 * @param sequence counts the VM's observations within the collector epoch from 0, by one
 * @param capturedAt when the guest was in this state, whole microseconds
 */
public record Observation(CapturedVm vm, long sequence, Instant capturedAt, Body body) {
  public Observation {
    if (sequence < 0) {
      throw new IllegalArgumentException("sequence: expected 0 or more, found " + sequence);
    }
    if (!capturedAt.equals(capturedAt.truncatedTo(ChronoUnit.MICROS))) {
      throw new IllegalArgumentException(
          "capturedAt: expected whole microseconds, found " + capturedAt);
    }
  }

  /** What was seen. */
  public sealed interface Body permits VcpuStates, PageDeltas, CaptureBoundary, LifeCycle {}

  /**
   * Every vCPU; the first observation of a round.
   *
   * @param round number of the capture round within the collector epoch, from 0
   * @param snapshot the round restates every watched frame, nothing from before it counts
   */
  public record VcpuStates(long round, boolean snapshot, List<VcpuState> vcpus) implements Body {
    public VcpuStates {
      checkRound(round);
      vcpus = List.copyOf(vcpus);
    }
  }

  /**
   * Some of a round's changed frames; a frame occurs once in a round.
   *
   * @param withdrawn frames that have no content any more
   */
  public record PageDeltas(
      long round, boolean snapshot, List<PageDelta> pages, List<WithdrawnFrame> withdrawn)
      implements Body {
    public PageDeltas {
      checkRound(round);
      pages = List.copyOf(pages);
      withdrawn = List.copyOf(withdrawn);
    }
  }

  /** A frame without content, and why. */
  public record WithdrawnFrame(FrameNumber frame, Withdrawal reason) {}

  /** Why a frame has no content. */
  public enum Withdrawal {
    /** Still watched, but the collector could not read it. */
    UNREADABLE,
    /** Left the watch list. */
    UNWATCHED
  }

  /**
   * The round is complete and the guest may be judged.
   *
   * @param firstSequence the sequence number of the round's first observation
   * @param paused the VM does not run
   */
  public record CaptureBoundary(
      long round,
      boolean snapshot,
      PagesMode pagesMode,
      long firstSequence,
      RoundTotals totals,
      boolean paused)
      implements Body {
    public CaptureBoundary {
      checkRound(round);
      if (firstSequence < 0) {
        throw new IllegalArgumentException(
            "first sequence: expected 0 or more, found " + firstSequence);
      }
    }
  }

  /**
   * Something happened to the virtual machine as a whole.
   *
   * @param detail what is known about it, for people; may be empty
   */
  public record LifeCycle(Event event, String detail) implements Body {
    /** What happened. */
    public enum Event {
      STARTED,
      REBOOTED,
      RESTORED,
      MIGRATED,
      STOPPED
    }
  }

  private static void checkRound(long round) {
    if (round < 0) {
      throw new IllegalArgumentException("round: expected 0 or more, found " + round);
    }
  }
}
