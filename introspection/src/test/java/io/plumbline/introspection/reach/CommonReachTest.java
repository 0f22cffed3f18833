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

  @Test
  void whoGoesOnFromWhatIsCommonTellsWhatAnExplorationFromNothingTells() {
    int pairs = Integer.getInteger("plumbline.law.histories", 60);
    int continued = 0;
    for (long seed = 1; seed <= pairs; seed++) {
      RandomKernel first = new RandomKernel(seed, 0);
      RandomKernel second = new RandomKernel(seed, seed % 3 == 0 ? 0 : SLIDE);
      second.renewHeap(seed);
      Random random = new Random(seed);
      for (int change = random.nextInt(6); change > 0; change--) {
        second.change();
      }
      GuestKernel kernel = second.kernel();
      Optional<Fixpoint> common =
          CommonReach.of(subject(first, first.kernel()).withCodeAsItIs(), first.likeness(second))
              .flatMap(
                  known -> known.in(subject(second, kernel), LongStream.empty(), offset -> false));
      if (common.isPresent()) {
        continued++;
        Told.of(common.get(), second.places())
            .isThatOf(Told.of(alone(second), second.places()), "seed " + seed);
        follow(second, kernel, common.get(), seed);
      }
    }
    // Guests that have nothing in common would keep the law and show nothing.
    assertThat(continued).isGreaterThan(pairs / 8);
  }

  @Test
  void whatIsCommonStaysWhenTheCodeOfTheGuestThatItWasLearntFromChanges() {
    int continued = 0;
    for (long seed = 1; seed <= 60; seed++) {
      RandomKernel guest = new RandomKernel(seed, 0);
      GuestKernel learnt = guest.kernel();
      Optional<CommonReach> known =
          CommonReach.of(subject(guest, learnt).withCodeAsItIs(), guest.likeness(guest));
      // The guest is followed, so that its code memory is as it is now.
      guest.follow(alone(guest), learnt, Set.of(guest.changeEntry()));

      Optional<Fixpoint> common =
          known.flatMap(
              each -> each.in(subject(guest, guest.kernel()), LongStream.empty(), offset -> false));
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
        guest.place());
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
