package io.plumbline.signaturestore.enrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.reach.ConsultedFrames;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticKernel;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Guests made by someone who wants to be trusted, or to bring the judge down. */
class HostileGuestTest {
  private static final int GUESTS = 150;
  private static final long BASE = 0xffff_ffff_8100_0000L;

  @Test
  void randomCodeGatesAndTablesEndInAVerdictThatIsNotTrustedAndTheSameFromConsultedFrames()
      throws EnrolmentException {
    EnrolledSignature signature =
        TinyGuests.enrol(TinyGuests.guest(SyntheticKernel.longMode(1).guest(BASE)));
    Assertions.assertTimeout(
        Duration.ofSeconds(60),
        () -> {
          for (long seed = 0; seed < GUESTS; seed++) {
            judgeTwice(seed, TinyGuests.guest(hostile(new Random(seed))), signature);
          }
        });
  }

  private static void judgeTwice(long seed, Guest guest, EnrolledSignature signature) {
    Verdict verdict = TinyGuests.judge(guest, signature);
    Set<FrameNumber> consulted =
        ConsultedFrames.of(guest.memory(), guest.vcpus(), ExplorationBudget.STANDARD);
    PageSource only =
        frame -> consulted.contains(frame) ? guest.memory().read(frame) : Optional.empty();
    Verdict fromConsulted =
        TinyGuests.judge(new Guest(TinyGuests.VM, only, guest.vcpus()), signature);

    assertThat(verdict.trust()).as("seed %d", seed).isNotEqualTo(TrustState.TRUSTED);
    assertThat(fromConsulted.trust()).as("seed %d", seed).isEqualTo(verdict.trust());
    assertThat(fromConsulted.findings()).as("seed %d", seed).isEqualTo(verdict.findings());
    assertThat(fromConsulted.blindSpots()).as("seed %d", seed).isEqualTo(verdict.blindSpots());
  }

  /** The known kernel with random bytes over its code, its gates and its page tables. */
  private static SyntheticGuestBuilder hostile(Random random) {
    SyntheticKernel kernel = SyntheticKernel.longMode(1);
    int patches = 1 + random.nextInt(20);
    for (int i = 0; i < patches; i++) {
      int[] bytes = random.ints(1 + random.nextInt(64), 0, 256).toArray();
      kernel.patch(random.nextInt(0xd00), bytes);
    }
    SyntheticGuestBuilder guest = kernel.guest(BASE);
    // Always one that is wrong for certain: a gate no good guest has.
    guest.idtGate(255, BASE + random.nextInt(0x4000));
    for (int i = random.nextInt(40); i > 0; i--) {
      long target = random.nextBoolean() ? BASE + random.nextInt(0x5000) : random.nextLong();
      guest.rawGate(random.nextInt(255), target, 0x10, random.nextInt(256));
    }
    byte[] code = new byte[0x3000];
    random.nextBytes(code);
    guest.place(BASE + 0x100_0000, code, Rights.EVERYTHING);
    guest.place(BASE + 0x200_0000, code, new Rights(false, true, true));
    if (random.nextInt(3) == 0) {
      guest.lstar(random.nextBoolean() ? random.nextLong() : BASE + 0x200_0000);
    }
    if (random.nextInt(3) == 0) {
      long va = List.of(BASE, BASE + 0x1000, BASE + 0x100_0000).get(random.nextInt(3));
      guest.editEntry(va, 1 + random.nextInt(2), entry -> entry ^ (1L << random.nextInt(64)));
    }
    return guest;
  }
}
