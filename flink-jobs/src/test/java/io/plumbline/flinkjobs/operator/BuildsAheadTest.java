package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.Judge;
import io.plumbline.introspection.trust.PreparedBuild;
import io.plumbline.introspection.trust.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is prepared before a VM runs it, on a thread that ends with its operator. */
@Timeout(60)
class BuildsAheadTest {
  private static final Duration QUIET = Duration.ofMillis(1);

  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private final List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch begun = new CountDownLatch(1);

  /** Says what is done for a build, before it is prepared as in production. */
  private Judge judge(Step step) {
    Judge production = PackagedKernel.judge();
    return new Judge() {
      @Override
      public Verdict judge(Guest guest, SignatureBook book) {
        return production.judge(guest, book);
      }

      @Override
      public Optional<PreparedBuild> prepare(PackageSignature build, SignatureBook book) {
        asked.add(build.id().value());
        threads.add(Thread.currentThread());
        begun.countDown();
        step.of(build);
        return production.prepare(build, book);
      }
    };
  }

  @FunctionalInterface
  private interface Step {
    void of(PackageSignature build);
  }

  private static String id(int number) {
    return "sha256:" + String.format("%02x", number).repeat(32);
  }

  private static PackageSignature build(int number) {
    return new PackagedKernel().signature(id(number));
  }

  @Test
  void theNewestBuildsArePreparedAndNoMoreThanThereIsRoomFor() throws Exception {
    // None begins before all were read.
    try (BuildsAhead ahead = new BuildsAhead(judge(build -> {}), 2, Duration.ofMillis(500))) {
      List<PackageSignature> builds = List.of(build(1), build(2), build(3));
      builds.forEach(ahead::read);
      until(() -> ahead.size() == 2);
      builds.forEach(ahead::read);

      assertThat(asked).containsExactly(id(3), id(2));
      assertThat(ahead.failures()).isZero();
    }
  }

  @Test
  void aBuildThatIsPreparedIsPreparedAgainOnlyIfItWasReadAgain() throws Exception {
    try (BuildsAhead ahead = new BuildsAhead(judge(build -> {}), 4, QUIET)) {
      PackageSignature first = build(4);
      ahead.read(first);
      until(() -> ahead.size() == 1);
      ahead.read(first);
      PackageSignature again = build(4);
      ahead.read(again);
      until(() -> asked.size() == 2);

      assertThat(again.origin()).isNotSameAs(first.origin());
      assertThat(asked).containsExactly(id(4), id(4));
    }
  }

  @Test
  void aBuildThatCannotBePreparedIsCountedAndTheNextOneIsPrepared() throws Exception {
    Step step =
        build -> {
          if (build.id().value().equals(id(6))) {
            throw new IllegalArgumentException("image: expected symbol _stext, found none");
          }
        };
    try (BuildsAhead ahead = new BuildsAhead(judge(step), 4, Duration.ofMillis(300))) {
      PackageSignature good = build(5);
      PackageSignature bad = build(6);
      ahead.read(good);
      ahead.read(bad);
      until(() -> ahead.size() == 1);

      assertThat(asked).containsExactly(id(6), id(5));
      assertThat(ahead.failures()).isOne();
    }
  }

  @Test
  void aRevokedBuildIsNotPrepared() throws Exception {
    try (BuildsAhead ahead = new BuildsAhead(judge(build -> {}), 4, Duration.ofMillis(300))) {
      PackageSignature stays = build(7);
      PackageSignature goes = build(8);
      ahead.read(stays);
      ahead.read(goes);
      ahead.revoked(id(8));
      until(() -> ahead.size() == 1);
      ahead.revoked(id(7));

      assertThat(asked).containsExactly(id(7));
      assertThat(ahead.size()).isZero();
    }
  }

  @Test
  void closingEndsTheThreadThatWaitsAndTheOneThatIsAtWork() throws Exception {
    BuildsAhead idle = new BuildsAhead(judge(build -> {}), 4, QUIET);
    PackageSignature first = build(9);
    idle.read(first);
    until(() -> idle.size() == 1);
    idle.close();

    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch second = new CountDownLatch(1);
    BuildsAhead busy =
        new BuildsAhead(
            judge(
                build -> {
                  second.countDown();
                  waitFor(never);
                }),
            4,
            QUIET);
    PackageSignature next = build(10);
    busy.read(next);
    second.await();
    busy.close();

    assertThat(threads).hasSize(2).allMatch(Thread::isDaemon).noneMatch(Thread::isAlive);
    assertThat(busy.failures()).as("to be closed is no failure").isZero();
    busy.read(build(11));
    assertThat(asked).containsExactly(id(9), id(10));
  }

  @Test
  void whoIsInterruptedWaitsForTheThreadToEndAllTheSame() throws Exception {
    long started = System.nanoTime();
    BuildsAhead ahead = new BuildsAhead(judge(build -> sleepDeafly(500)), 4, QUIET);
    PackageSignature build = build(12);
    ahead.read(build);
    begun.await();
    Thread.currentThread().interrupt();
    ahead.close();

    assertThat(Thread.interrupted()).as("who cancels is still heard").isTrue();
    assertThat(threads).hasSize(1).noneMatch(Thread::isAlive);
    assertThat(System.nanoTime() - started).isLessThan(TimeUnit.SECONDS.toNanos(20));
  }

  @Test
  void twoInstancesPrepareOneBuildAtATime() throws Exception {
    Set<Thread> atWork = Collections.synchronizedSet(new HashSet<>());
    List<Integer> most = Collections.synchronizedList(new ArrayList<>());
    Step step =
        build -> {
          atWork.add(Thread.currentThread());
          most.add(atWork.size());
          sleepDeafly(50);
          atWork.remove(Thread.currentThread());
        };
    try (BuildsAhead one = new BuildsAhead(judge(step), 4, QUIET);
        BuildsAhead other = new BuildsAhead(judge(step), 4, QUIET)) {
      List<PackageSignature> builds = List.of(build(13), build(14));
      builds.forEach(one::read);
      builds.forEach(other::read);
      until(() -> one.size() == 2 && other.size() == 2);

      assertThat(most).hasSize(4).containsOnly(1);
    }
  }

  private static void until(BooleanSupplier done) throws InterruptedException {
    while (!done.getAsBoolean()) {
      Thread.sleep(5);
    }
  }

  private static void waitFor(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sleeps, whoever interrupts. */
  private static void sleepDeafly(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }
}
