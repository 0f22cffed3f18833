package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * The law of what guests of a build have in common: whoever goes on from it tells what an
 * exploration from nothing tells, wherever the guest has its image, whatever it has in run-time
 * memory and whatever was changed in it, then and later.
 */
class CommonReachTest {
  private static final long SLIDE = 0x0140_0000;

  /**
   * In the first a way that was found and lost in one round was not missed. In the second code that
   * was reached by a later step is reached by an earlier one. In the third an entry comes to code
   * that another has, by an earlier step and more calls. Few kernels have that.
   */
  private static final long[] TELLING = {2944, 680, 20834};

  /** Guests that go on from the same one, each elsewhere: they share what is read of its code. */
  private static final long[] SLIDES = {SLIDE, 0, 3 * SLIDE};

  private final Sharing reuse = new Sharing();

  @Test
  void whoGoesOnFromWhatIsCommonTellsWhatAnExplorationFromNothingTells() {
    int kinds = Integer.getInteger("plumbline.law.histories", 30);
    int continued = 0;
    for (long seed :
        LongStream.concat(LongStream.rangeClosed(1, kinds), LongStream.of(TELLING)).toArray()) {
      RandomKernel first = new RandomKernel(seed, 0);
      Optional<CommonReach> known =
          CommonReach.of(subject(first, first.kernel()).withCodeAsItIs(), first.likeness());
      for (int guest = 0; guest < SLIDES.length && known.isPresent(); guest++) {
        continued += goesOn(first, known.get(), seed, guest) ? 1 : 0;
      }
    }
    // Guests that have nothing in common would keep the law and show nothing.
    assertThat(continued).isGreaterThan(kinds / 4);
    assertThat(reuse.timesFound())
        .as("pieces of code that were known")
        .isGreaterThan(reuse.timesMade() / 2);
  }

  /** Whether a guest has enough in common. */
  private boolean goesOn(RandomKernel first, CommonReach known, long seed, int guest) {
    RandomKernel second = new RandomKernel(seed, SLIDES[guest]);
    second.renewHeap(seed + guest);
    Random random = new Random(seed + guest);
    for (int change = random.nextInt(6); change > 0; change--) {
      second.change();
    }
    GuestKernel kernel = second.kernel();
    Optional<Fixpoint> common =
        known.in(
            subject(second, kernel),
            LongStream.empty(),
            random.nextBoolean() ? offset -> second.isLike(first, offset) : offset -> false,
            reuse);
    common.ifPresent(
        fixpoint -> {
          String what = "seed " + seed + ", guest " + guest;
          Told.of(fixpoint, second.places())
              .isThatOf(Told.of(alone(second), second.places()), what);
          follow(second, kernel, fixpoint, seed);
        });
    return common.isPresent();
  }

  @Test
  void whatIsCommonStaysWhenTheCodeOfTheGuestThatItWasLearntFromChanges() {
    int continued = 0;
    for (long seed = 1; seed <= 60; seed++) {
      RandomKernel guest = new RandomKernel(seed, 0);
      GuestKernel learnt = guest.kernel();
      Optional<CommonReach> known =
          CommonReach.of(subject(guest, learnt).withCodeAsItIs(), guest.likeness());
      // The guest is followed, so that its code memory is as it is now.
      guest.follow(alone(guest), learnt, Set.of(guest.changeEntry()));

      Optional<Fixpoint> common =
          known.flatMap(
              each ->
                  each.in(
                      subject(guest, guest.kernel()), LongStream.empty(), offset -> false, reuse));
      if (common.isPresent()) {
        continued++;
        Told.of(common.get(), guest.places())
            .isThatOf(Told.of(alone(guest), guest.places()), "seed " + seed);
      }
    }
    assertThat(continued).isGreaterThan(6);
  }

  private static void follow(RandomKernel guest, GuestKernel kernel, Fixpoint fixpoint, long seed) {
    for (int step = 0; step < 4; step++) {
      Set<Long> changed = new HashSet<>();
      changed.add(guest.change());
      changed.add(guest.change());
      if (!guest.follow(fixpoint, kernel, changed)) {
        return;
      }
      Told.of(fixpoint, guest.places())
          .isThatOf(Told.of(alone(guest), guest.places()), "seed " + seed + ", step " + step);
    }
  }

  private static CommonReach.Subject subject(RandomKernel guest, GuestKernel kernel) {
    return new CommonReach.Subject(
        kernel.entries(),
        kernel,
        RandomKernel.gate(),
        new RandomKernel.Variables(kernel),
        ExplorationBudget.STANDARD,
        guest.place(),
        guest::isAsLinked);
  }

  private static Fixpoint alone(RandomKernel guest) {
    GuestKernel kernel = guest.kernel();
    return Fixpoint.of(
        kernel.entries(),
        kernel,
        RandomKernel.gate(),
        new RandomKernel.Variables(kernel),
        ExplorationBudget.STANDARD);
  }
}
