package io.plumbline.cli.fleet;

import io.plumbline.ingest.publish.ObservationPublisher;
import io.plumbline.ingest.publish.PublishException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The collectors of a fleet: every VM has its round in turn, evenly over the interval, as
 * collectors that know nothing of each other have. For one thread.
 */
final class FleetLoad {
  /** VMs that were said everything of and are not judged yet; bounds what waits in Kafka. */
  private static final int PRIMED_AHEAD = 12;

  private static final Duration LOOK = Duration.ofMillis(20);

  /** After so many VMs it is told how far it is. */
  private static final int TELL = 1_000;

  private final List<SimulatedVm> vms;
  private final ObservationPublisher publisher;
  private final Probes probes;
  private final Random random;
  private final Clock clock;
  private final LongSupplier nanoTime;
  private final Consumer<String> say;

  FleetLoad(
      List<SimulatedVm> vms,
      ObservationPublisher publisher,
      Probes probes,
      Random random,
      Clock clock,
      LongSupplier nanoTime,
      Consumer<String> say) {
    this.vms = vms;
    this.publisher = publisher;
    this.probes = probes;
    this.random = random;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.say = say;
  }

  /**
   * Says everything of every VM and waits until each has been judged.
   *
   * @param patience the longest wait for one more VM
   * @return whether they were
   */
  boolean prime(Duration patience) throws PublishException {
    for (int begun = 0; begun < vms.size(); begun++) {
      if (!awaitJudged(begun - PRIMED_AHEAD + 1, patience)) {
        return false;
      }
      vms.get(begun).begin(clock.instant(), publisher);
      if ((begun + 1) % TELL == 0) {
        say.accept((begun + 1) + " VMs published");
      }
    }
    publisher.flush();
    return awaitJudged(vms.size(), patience);
  }

  private boolean awaitJudged(int wanted, Duration patience) {
    long deadline = nanoTime.getAsLong() + patience.toNanos();
    int last = probes.judged();
    while (last < wanted) {
      LockSupport.parkNanos(LOOK.toNanos());
      if (probes.judged() > last) {
        last = probes.judged();
        deadline = nanoTime.getAsLong() + patience.toNanos();
      }
      if (nanoTime.getAsLong() - deadline > 0 || Thread.currentThread().isInterrupted()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Publishes rounds at their times.
   *
   * @param tampered of a thousand rounds of clean guests
   * @return how many rounds
   */
  long steady(Duration length, Duration interval, int tampered) throws PublishException {
    long began = nanoTime.getAsLong();
    double step = (double) interval.toNanos() / vms.size();
    long rounds = 0;
    for (long after = 0;
        after < length.toNanos() && !Thread.currentThread().isInterrupted();
        after = (long) (rounds * step)) {
      awaitTime(began + after);
      round(vms.get((int) (rounds % vms.size())), tampered);
      rounds++;
    }
    publisher.flush();
    awaitTime(began + length.toNanos());
    return rounds;
  }

  private void awaitTime(long due) {
    for (long wait = due - nanoTime.getAsLong();
        wait > 0 && !Thread.currentThread().isInterrupted();
        wait = due - nanoTime.getAsLong()) {
      LockSupport.parkNanos(wait);
    }
  }

  private void round(SimulatedVm vm, int tampered) throws PublishException {
    GuestModel model = vm.model();
    boolean restored = vm.isTampered();
    boolean tampering = !restored && random.nextInt(1000) < tampered;
    int next =
        tampering ? model.tampered().get(random.nextInt(model.tampered().size())) : vm.untampered();
    if (tampering || restored) {
      probes.expect(vm.vmId(), vm.nextRound(), nanoTime.getAsLong());
    }
    vm.become(next, clock.instant(), publisher);
  }
}
