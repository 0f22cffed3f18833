package io.plumbline.cli.fleet;

import io.plumbline.ingest.capture.CaptureRounds;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.Observation.LifeCycle;
import io.plumbline.ingest.capture.ObservationSink;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;

/**
 * A history that a recorded guest could have had: its states in random order, some of them twice in
 * a row; between rounds the collector is asked to restate everything or is replaced by another, and
 * the guest is rebooted, restored, migrated, or stopped and started again. The same seed makes the
 * same history. For one thread.
 */
public final class RandomHistory {
  /** When every history begins; what the guests saw is older. */
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private static final Duration STEP = Duration.ofSeconds(1);

  /** Enough for the kernel pages of a guest, so that small changes become patches. */
  private static final long KEPT_BYTES = 256L << 20;

  // Of a hundred rounds, so many have something before them.
  private static final int RESTATED = 4;
  private static final int REPLACED = 4;
  private static final int LIFE_CYCLE = 4;
  private static final int STOPPED = 2;

  private final String vmId;
  private final List<RecordedState> states;
  private final Random random;
  private CapturedVm vm;
  private CaptureRounds rounds;
  private Instant now = BEGIN;

  /**
   * @param vmId the guest's name in this history
   * @param states what it can be found in, at least one
   */
  public RandomHistory(String vmId, List<RecordedState> states, long seed) {
    this.vmId = vmId;
    this.states = List.copyOf(states);
    this.random = new Random(seed);
    takeUp(BEGIN.toEpochMilli());
  }

  /** Tells the next {@code count} rounds to {@code out}. */
  public <E extends Exception> void tell(int count, ObservationSink<E> out) throws E {
    for (int i = 0; i < count; i++) {
      now = now.plus(STEP);
      between(out);
      RecordedState state = states.get(random.nextInt(states.size()));
      rounds.capture(state, state.vcpus(), now, out);
    }
  }

  private <E extends Exception> void between(ObservationSink<E> out) throws E {
    int drawn = random.nextInt(100);
    if (drawn < RESTATED) {
      rounds.restateEverything();
    } else if ((drawn -= RESTATED) < REPLACED) {
      takeUp(vm.collectorEpoch() + 1);
    } else if ((drawn -= REPLACED) < LIFE_CYCLE) {
      LifeCycle.Event[] events = {
        LifeCycle.Event.REBOOTED, LifeCycle.Event.RESTORED, LifeCycle.Event.MIGRATED
      };
      rounds.lifeCycle(events[random.nextInt(events.length)], "", now, out);
    } else if ((drawn -= LIFE_CYCLE) < STOPPED) {
      rounds.lifeCycle(LifeCycle.Event.STOPPED, "", now, out);
      takeUp(vm.collectorEpoch() + 1);
      rounds.lifeCycle(LifeCycle.Event.STARTED, "", now, out);
    }
  }

  private void takeUp(long epoch) {
    vm = new CapturedVm(vmId, "simulated", epoch);
    rounds = new CaptureRounds(vm, RecordedState.WATCHED, KEPT_BYTES);
  }
}
