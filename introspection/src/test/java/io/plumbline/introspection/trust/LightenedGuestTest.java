package io.plumbline.introspection.trust;

import static io.plumbline.introspection.trust.FollowedGuestTest.KNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What it costs that a guest was lightened: only code that changes, and data of a guest that nobody
 * knows when it changes for the first time, is looked at with all of the guest. That the verdicts
 * stay the same is the law that {@link FollowedGuestTest} shows.
 */
class LightenedGuestTest {
  /** In the kernel's own data there is nothing that counts, but for the page around it. */
  private static final int PLACE = 0x700;

  private final KernelJudge judge = FollowedGuestTest.judge();
  private final GuestHistory history = new GuestHistory(7);
  private final FollowedGuest heavy = new FollowedGuest(judge);
  private final FollowedGuest light = FollowedGuest.light(judge);

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void dataThatChangesAgainIsFollowedAsIfNothingHadBeenGivenBack(boolean known) {
    SignatureBook book = known ? KNOWN : List::of;
    begin(book);
    int followed = 0;
    int dearer = 0;
    int ofImage = 0;
    for (FrameNumber frame : framesWithoutCode()) {
      byte[] before = history.copy(frame.value());
      byte[] now = before.clone();
      now[PLACE] ^= 1;

      change(frame, now, book);
      boolean isDearer = light.way() != heavy.way();
      if (known && isDearer && light.way() == FollowedGuest.Way.FROM_SCRATCH) {
        // The image's own read-only data.
        ofImage++;
        change(frame, before, book);
        continue;
      }
      if (known && isDearer) {
        assertThat(light.way()).as("%s", frame).isEqualTo(FollowedGuest.Way.FOLLOWED);
      }
      dearer += isDearer ? 1 : 0;

      change(frame, before, book);
      assertThat(light.way()).as("%s", frame).isEqualTo(heavy.way());
      followed += light.way() == FollowedGuest.Way.FROM_SCRATCH ? 0 : 1;
    }
    assertThat(followed).isGreaterThan(10);
    assertThat(ofImage).isLessThan(followed);
    // Who keeps everything would be as fast, and not light.
    assertThat(dearer).isPositive();
  }

  @Test
  void codeThatChangesIsLookedAtWithAllOfTheGuest() {
    begin(KNOWN);
    for (FrameNumber frame : codeFrames()) {
      byte[] now = history.copy(frame.value());
      now[PageBytes.SIZE / 2] ^= 1;

      change(frame, now, KNOWN);

      assertThat(light.way()).isEqualTo(FollowedGuest.Way.FROM_SCRATCH);
    }
  }

  @Test
  void noPageOfTheImageIsHeldBetweenTwoRounds() {
    List<WeakReference<byte[]>> pages = new ArrayList<>();
    PageSource fresh =
        frame ->
            history
                .read(frame)
                .map(
                    page -> {
                      byte[] copy = page.toByteArray();
                      pages.add(new WeakReference<>(copy));
                      return PageBytes.wrap(copy);
                    });
    // What guests have in common is learnt from the second one, and has pages of its own.
    for (int i = 0; i < 3; i++) {
      judge.judge(history.guest(), KNOWN);
    }

    light.judge(new Guest("light", fresh, history.guest().vcpus()), KNOWN);
    System.gc();

    assertThat(pages.size()).isGreaterThan(20);
    assertThat(pages).allMatch(page -> page.refersTo(null));
    assertThat(light.heldBytes()).isPositive();
  }

  private void begin(SignatureBook book) {
    heavy.judge(history.guest(), book);
    light.judge(history.guest(), book);
  }

  private void change(FrameNumber frame, byte[] now, SignatureBook book) {
    Set<FrameNumber> changed = new HashSet<>();
    history.put(frame.value(), now, changed);
    assertThat(light.follow(history.guest(), changed, book))
        .as("%s", frame)
        .isEqualTo(heavy.follow(history.guest(), changed, book));
  }

  private List<FrameNumber> framesWithoutCode() {
    Set<FrameNumber> code = codeFrames();
    return history.all().keySet().stream()
        .filter(frame -> !code.contains(frame))
        .sorted(Comparator.comparingLong(FrameNumber::value))
        .toList();
  }

  private Set<FrameNumber> codeFrames() {
    GuestKernel kernel =
        GuestKernel.of(history, List.of(history.vcpu()), ExplorationBudget.STANDARD)
            .kernel()
            .orElseThrow();
    Set<FrameNumber> frames = new HashSet<>();
    kernel
        .executable()
        .kernelRanges()
        .forEach(
            range -> range.forEachPage((address, frame) -> frames.add(new FrameNumber(frame))));
    return frames;
  }
}
