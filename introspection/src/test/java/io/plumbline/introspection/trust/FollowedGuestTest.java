package io.plumbline.introspection.trust;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.image.ImageLibrary;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The law of a followed guest: for whatever history of page writes, remapped pages, changed
 * registers, attacks and their undoing, in whatever portions, the verdict is that of a judge who
 * sees the last state for the first time.
 */
class FollowedGuestTest {
  private static final int PAGE = PageBytes.SIZE;
  private static final int FRAMES = 48;
  private static final long KERNEL = SyntheticImage.BASE + SyntheticImage.SLIDE;

  private static final SignatureBook KNOWN =
      () ->
          List.of(
              new PackageSignature(
                  new SignatureId("sha256:" + "1".repeat(64)),
                  SyntheticImage.classic().image(),
                  new long[0]));

  /** One guest that something happens to. */
  private static final class History implements PageSource {
    private final Random random;
    private final SyntheticGuest built;
    private final Map<Long, byte[]> written = new HashMap<>();
    private final List<Long> frames = new ArrayList<>();
    private VcpuState vcpu;

    History(long seed) {
      random = new Random(seed);
      SyntheticGuestBuilder guest = SyntheticGuest.longMode();
      // Kernels have their own page tables in reach.
      guest.map(
          0xffff_8880_0000_0000L,
          guest.topTableFrame(),
          1,
          io.plumbline.introspection.paging.Rights.KERNEL_DATA);
      built = SyntheticImage.classic().guest(guest);
      vcpu = built.vcpu();
      // Page tables and what they map lie in the first frames.
      for (long frame = 0; frame < FRAMES; frame++) {
        frames.add(frame);
      }
    }

    @Override
    public Optional<PageBytes> read(FrameNumber frame) {
      byte[] page = written.get(frame.value());
      return page == null ? built.pages().read(frame) : Optional.of(PageBytes.wrap(page));
    }

    /** Something happens; frames that changed are added to {@code changed}. */
    void happen(Set<FrameNumber> changed) {
      switch (random.nextInt(10)) {
        case 0 -> undo(changed);
        case 1 -> vcpu = random.nextBoolean() ? built.vcpu() : moved();
        case 2, 3 -> write(any(), random.nextInt(PAGE / 8) * 8, word(), changed);
        case 4, 5 -> flip(any(), changed);
        default -> flipUsed(changed);
      }
    }

    private void undo(Set<FrameNumber> changed) {
      List<Long> all = new ArrayList<>(written.keySet());
      all.sort(null);
      for (long frame : random.nextBoolean() ? all : all.subList(0, Math.min(1, all.size()))) {
        written.remove(frame);
        changed.add(new FrameNumber(frame));
      }
    }

    private VcpuState moved() {
      SyntheticGuestBuilder other = SyntheticGuest.longMode();
      other.lstar(KERNEL + random.nextInt(0x400));
      return SyntheticImage.classic().guest(other).vcpu();
    }

    private long any() {
      return frames.get(random.nextInt(frames.size()));
    }

    private void flip(long frame, Set<FrameNumber> changed) {
      byte[] page = copy(frame);
      page[random.nextInt(PAGE)] ^= (byte) (1 + random.nextInt(255));
      put(frame, page, changed);
    }

    /** Changes a byte that is something already: most of a page is empty. */
    private void flipUsed(Set<FrameNumber> changed) {
      long frame = any();
      byte[] page = copy(frame);
      for (int tries = 0; tries < 64; tries++) {
        int at = random.nextInt(PAGE);
        if (page[at] != 0) {
          page[at] ^= (byte) (1 << random.nextInt(8));
          put(frame, page, changed);
          return;
        }
      }
    }

    private long word() {
      return switch (random.nextInt(4)) {
        case 0 -> KERNEL + random.nextInt(0x2000);
        case 1 -> 0xffff_a000_0000_0000L + random.nextInt(1 << 16);
        case 2 -> any() << 12 | 0x63;
        default -> random.nextInt(1000);
      };
    }

    private void write(long frame, int at, long word, Set<FrameNumber> changed) {
      byte[] page = copy(frame);
      ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN).putLong(at, word);
      put(frame, page, changed);
    }

    private byte[] copy(long frame) {
      return read(new FrameNumber(frame)).orElseThrow().toByteArray();
    }

    private void put(long frame, byte[] page, Set<FrameNumber> changed) {
      written.put(frame, page);
      changed.add(new FrameNumber(frame));
    }

    /** What every frame holds, which does not change any more. */
    Map<FrameNumber, Optional<PageBytes>> all() {
      Map<FrameNumber, Optional<PageBytes>> all = new HashMap<>();
      for (long frame : frames) {
        all.put(new FrameNumber(frame), read(new FrameNumber(frame)));
      }
      return all;
    }

    Guest guest() {
      return new Guest("vm", this, List.of(vcpu));
    }
  }

  private static KernelJudge judge() {
    return new KernelJudge(
        new JudgeSettings(ExplorationBudget.STANDARD, OptionalInt.empty(), false),
        () -> 0,
        new ImageLibrary());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void whateverHappensToAKnownGuestTheVerdictIsThatOfWhoSeesItForTheFirstTime(int portion) {
    Map<FollowedGuest.Way, Integer> ways = histories(KNOWN, portion);

    // A guest that is always looked at as a whole would keep the law and show nothing.
    assertThat(ways.get(FollowedGuest.Way.FOLLOWED)).isGreaterThan(20);
    assertThat(ways.get(FollowedGuest.Way.SAME)).isGreaterThan(20);
  }

  @Test
  void theSameIsTrueOfAGuestThatNobodyKnows() {
    assertThat(histories(List::of, 1).get(FollowedGuest.Way.SAME)).isGreaterThan(20);
  }

  private static Map<FollowedGuest.Way, Integer> histories(SignatureBook book, int portion) {
    int histories = Integer.getInteger("plumbline.law.histories", 25);
    KernelJudge judge = judge();
    int unconcerned = 0;
    Map<FollowedGuest.Way, Integer> ways = new EnumMap<>(FollowedGuest.Way.class);
    for (long seed = 1; seed <= histories; seed++) {
      History history = new History(1000L * portion + seed);
      FollowedGuest followed = new FollowedGuest(judge);
      Verdict before = followed.judge(history.guest(), book);
      for (int step = 0; step < 20; step++) {
        Optional<Relevance> relevance = followed.relevance().map(FollowedGuestTest::read);
        final Map<FrameNumber, Optional<PageBytes>> held = history.all();
        final VcpuState registers = history.vcpu;
        Set<FrameNumber> changed = new HashSet<>();
        for (int each = 0; each < portion; each++) {
          history.happen(changed);
        }
        Verdict told = followed.follow(history.guest(), changed, book);
        ways.merge(followed.way(), 1, Integer::sum);
        assertThat(told)
            .as("portion %d, seed %d, step %d, %s", portion, seed, step, followed.way())
            .isEqualTo(judge.judge(history.guest(), book));
        boolean concerned =
            relevance.isEmpty()
                || !registers.equals(history.vcpu)
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

  /** As it is after it was kept. */
  private static Relevance read(Relevance relevance) {
    Relevance again = Relevance.of(relevance.toByteArray()).orElseThrow();
    assertThat(again.frames()).isEqualTo(relevance.frames());
    return again;
  }

  @Test
  void aSignatureThatComesOrGoesIsTakenIn() {
    History history = new History(7);
    FollowedGuest followed = new FollowedGuest(judge());
    followed.judge(history.guest(), List::of);

    Verdict known = followed.follow(history.guest(), List.of(), KNOWN);
    Verdict revoked = followed.follow(history.guest(), List.of(), List::of);

    assertThat(known.trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(revoked.trust()).isEqualTo(TrustState.UNDECIDED);
  }

  @Test
  void anotherGuestIsNeverTakenForTheOneBefore() {
    History history = new History(7);
    FollowedGuest followed = new FollowedGuest(judge());
    followed.judge(history.guest(), KNOWN);
    Guest other = new Guest("other", history, List.of(history.vcpu));

    followed.follow(other, List.of(), KNOWN);

    assertThat(followed.way()).isEqualTo(FollowedGuest.Way.FROM_SCRATCH);
  }
}
