package io.plumbline.introspection.trust;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.verify.image.ImageLibrary;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The law of a followed guest: for whatever history of page writes, remapped pages, changed
 * registers, attacks and their undoing, in whatever portions, the verdict is that of a judge who
 * sees the last state for the first time.
 */
class FollowedGuestTest {
  private static final PackageSignature BUILD =
      new PackageSignature(
          new SignatureId("sha256:" + "1".repeat(64)), GuestHistory.image().image(), new long[0]);

  /** One build, and not one made anew for each who asks: nothing would be shared between guests. */
  static final SignatureBook KNOWN = () -> List.of(BUILD);

  private static final JudgeSettings SETTINGS =
      new JudgeSettings(ExplorationBudget.STANDARD, OptionalInt.empty(), false);

  static KernelJudge judge() {
    return new KernelJudge(SETTINGS, () -> 0, new ImageLibrary());
  }

  @ParameterizedTest
  @CsvSource({"1,false", "3,false", "1,true", "3,true"})
  void whateverHappensToAKnownGuestTheVerdictIsThatOfWhoSeesItForTheFirstTime(
      int portion, boolean light) {
    Map<FollowedGuest.Way, Integer> ways = histories(KNOWN, portion, light);

    // A guest that is always looked at as a whole would keep the law and show nothing.
    // A light one leaves most attacks to a look at the whole: they change code.
    assertThat(ways.get(FollowedGuest.Way.FOLLOWED)).isGreaterThan(light ? 4 : 20);
    assertThat(ways.get(FollowedGuest.Way.SAME)).isGreaterThan(20);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theSameIsTrueOfAGuestThatNobodyKnows(boolean light) {
    assertThat(histories(List::of, 1, light).get(FollowedGuest.Way.SAME)).isGreaterThan(20);
  }

  private static Map<FollowedGuest.Way, Integer> histories(
      SignatureBook book, int portion, boolean light) {
    int histories = Integer.getInteger("plumbline.law.histories", 25);
    KernelJudge judge = judge();
    KernelJudge alone = new KernelJudge(SETTINGS, () -> 0, ImageLibrary.withoutCommonReaches());
    int unconcerned = 0;
    Map<FollowedGuest.Way, Integer> ways = new EnumMap<>(FollowedGuest.Way.class);
    for (long seed = 1; seed <= histories; seed++) {
      GuestHistory history = new GuestHistory(1000L * portion + seed);
      FollowedGuest followed = light ? FollowedGuest.light(judge) : new FollowedGuest(judge);
      Verdict before = followed.judge(history.guest(), book);
      for (int step = 0; step < 20; step++) {
        Optional<Relevance> relevance = relevance(judge, history, book);
        final Map<FrameNumber, Optional<PageBytes>> held = history.all();
        final VcpuState registers = history.vcpu();
        Set<FrameNumber> changed = new HashSet<>();
        for (int each = 0; each < portion; each++) {
          history.happen(changed);
        }
        Verdict told = followed.follow(history.guest(), changed, book);
        ways.merge(followed.way(), 1, Integer::sum);
        assertThat(told)
            .as("portion %d, seed %d, step %d, %s", portion, seed, step, followed.way())
            .isEqualTo(alone.judge(history.guest(), book));
        // Who knows of others of its kind says the same as who knows of none.
        assertThat(judge.judge(history.guest(), book))
            .as("portion %d, seed %d, step %d", portion, seed, step)
            .isEqualTo(told);
        boolean concerned =
            relevance.isEmpty()
                || !registers.equals(history.vcpu())
                || changed.stream()
                    .anyMatch(
                        frame ->
                            relevance
                                .get()
                                .isConcernedBy(frame, held.get(frame), history.read(frame)));
        if (!concerned) {
          assertThat(told)
              .as("portion %d, seed %d, step %d", portion, seed, step)
              .isEqualTo(before);
          unconcerned += changed.isEmpty() ? 0 : 1;
        }
        before = told;
      }
    }
    // What concerns everything would keep the law and spare nothing.
    assertThat(unconcerned).isGreaterThan(20);
    return ways;
  }

  /** What the verdict rests on, by a look at all of the guest, as it is after it was kept. */
  private static Optional<Relevance> relevance(
      KernelJudge judge, GuestHistory history, SignatureBook book) {
    FollowedGuest looked = new FollowedGuest(judge);
    looked.judge(history.guest(), book);
    return looked.relevance().map(FollowedGuestTest::read);
  }

  private static Relevance read(Relevance relevance) {
    Relevance again = Relevance.of(relevance.toByteArray()).orElseThrow();
    assertThat(again.frames()).isEqualTo(relevance.frames());
    return again;
  }

  @Test
  void whenAnotherTaskRunsTheVerdictStands() {
    GuestHistory history = new GuestHistory(7);
    FollowedGuest followed = new FollowedGuest(judge());
    Verdict before = followed.judge(history.guest(), KNOWN);

    for (int i = 0; i < 20; i++) {
      Set<FrameNumber> changed = new HashSet<>();
      history.switchTask(changed);
      history.run();

      assertThat(followed.follow(history.guest(), changed, KNOWN)).isEqualTo(before);
      assertThat(followed.way()).isNotEqualTo(FollowedGuest.Way.FROM_SCRATCH);
    }
  }

  @Test
  void ifTheOtherTaskHasAnotherKernelTheGuestIsLookedAtAnew() {
    GuestHistory history = new GuestHistory(7);
    FollowedGuest followed = new FollowedGuest(judge());
    followed.judge(history.guest(), KNOWN);

    Set<FrameNumber> changed = new HashSet<>();
    history.switchTask(changed);
    long top = history.vcpu().control().cr3() >>> FrameNumber.SHIFT;
    // The last entry maps the kernel's image.
    history.write(top, PageBytes.SIZE - Long.BYTES, 0, changed);
    Verdict told = followed.follow(history.guest(), changed, KNOWN);

    assertThat(followed.way()).isEqualTo(FollowedGuest.Way.FROM_SCRATCH);
    assertThat(told.trust()).isNotEqualTo(TrustState.TRUSTED);
    assertThat(told).isEqualTo(judge().judge(history.guest(), KNOWN));
  }

  @Test
  void aSignatureThatComesOrGoesIsTakenIn() {
    GuestHistory history = new GuestHistory(7);
    FollowedGuest followed = new FollowedGuest(judge());
    followed.judge(history.guest(), List::of);

    Verdict known = followed.follow(history.guest(), List.of(), KNOWN);
    Verdict revoked = followed.follow(history.guest(), List.of(), List::of);

    assertThat(known.trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(revoked.trust()).isEqualTo(TrustState.UNDECIDED);
  }

  @Test
  void anotherGuestIsNeverTakenForTheOneBefore() {
    GuestHistory history = new GuestHistory(7);
    FollowedGuest followed = new FollowedGuest(judge());
    followed.judge(history.guest(), KNOWN);
    Guest other = new Guest("other", history, List.of(history.vcpu()));

    followed.follow(other, List.of(), KNOWN);

    assertThat(followed.way()).isEqualTo(FollowedGuest.Way.FROM_SCRATCH);
  }
}
