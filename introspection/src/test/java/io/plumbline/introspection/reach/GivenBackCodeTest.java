package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GivenBackCodeTest {
  private static final int PAGE = PageBytes.SIZE;
  private static final long TEXT = 0xffff_ffff_8100_0000L;
  private static final long DIRECT_MAP = 0xffff_8880_0000_0000L;
  private static final long ELSEWHERE = 0xffff_ffff_c000_0000L;

  /** A kernel has its own page tables in reach. */
  private static SyntheticGuestBuilder withTablesInReach() {
    SyntheticGuestBuilder builder = SyntheticGuest.longMode();
    return builder.map(DIRECT_MAP, builder.topTableFrame(), 1, Rights.KERNEL_DATA);
  }

  /** A guest with a region of three pages and one of a page. */
  private static final class Lightened {
    private final byte[] text = new byte[3 * PAGE];
    private final byte[] other = new byte[PAGE];
    private final GuestKernel kernel;
    private final SyntheticGuest guest;
    private final List<FrameNumber> asked = new ArrayList<>();
    private boolean gone;

    Lightened(long seed) {
      Random random = new Random(seed);
      random.nextBytes(text);
      random.nextBytes(other);
      SyntheticGuestBuilder builder = withTablesInReach();
      for (int page = 0; page < 3; page++) {
        byte[] bytes = Arrays.copyOfRange(text, page * PAGE, (page + 1) * PAGE);
        builder.place(TEXT + (long) page * PAGE, bytes, Rights.KERNEL_CODE);
      }
      guest = builder.place(ELSEWHERE, other, Rights.KERNEL_CODE).idtGate(14, TEXT).build();
      kernel =
          GuestKernel.of(guest.pages(), List.of(guest.vcpu()), ExplorationBudget.STANDARD)
              .kernel()
              .orElseThrow();
      code().giveBack();
    }

    CodeMemory code() {
      return kernel.code();
    }

    CodeRegion region(long address) {
      return code().regionAt(address).orElseThrow();
    }

    PageSource pages() {
      return frame -> {
        asked.add(frame);
        return gone ? Optional.empty() : guest.pages().read(frame);
      };
    }

    void inRound(Runnable work) {
      code()
          .inRound(
              pages(),
              () -> {
                work.run();
                return true;
              });
    }
  }

  @Test
  void whatWasGivenBackIsReadAgainWhereItIsAskedForOncePerRound() {
    Lightened guest = new Lightened(1);
    CodeRegion text = guest.region(TEXT);

    guest.inRound(
        () -> {
          byte[] crossing = text.bytes(PAGE - 8, PAGE + 8);
          assertThat(Arrays.copyOfRange(crossing, PAGE - 8, PAGE + 8))
              .isEqualTo(Arrays.copyOfRange(guest.text, PAGE - 8, PAGE + 8));
          assertThat(guest.asked).hasSize(2);
          assertThat(text.bytes(0, 2 * PAGE)).isSameAs(crossing);
          assertThat(guest.asked).hasSize(2);

          byte[] end = text.bytes(3 * PAGE - 4, 3 * PAGE + 11);
          assertThat(Arrays.copyOfRange(end, 3 * PAGE - 4, 3 * PAGE))
              .isEqualTo(Arrays.copyOfRange(guest.text, 3 * PAGE - 4, 3 * PAGE));
          assertThat(guest.asked).hasSize(3).doesNotHaveDuplicates();
        });
    guest.inRound(() -> text.bytes(0, 1));

    assertThat(guest.asked).hasSize(4);
  }

  @Test
  void regionsOfAGuestThatAreAskedInTurnDoNotDisturbEachOther() {
    Lightened guest = new Lightened(1);

    guest.inRound(
        () -> {
          byte[] text = guest.region(TEXT).bytes(0, PAGE);
          byte[] other = guest.region(ELSEWHERE).bytes(0, PAGE);
          guest.region(TEXT).bytes(2 * PAGE, 3 * PAGE);
          assertThat(Arrays.copyOf(other, PAGE)).isEqualTo(guest.other);
          assertThat(Arrays.copyOf(text, PAGE)).isEqualTo(Arrays.copyOf(guest.text, PAGE));
        });
  }

  @Test
  void guestsThatAreFollowedInTurnsDoNotSeeEachOthersCode() {
    List<Lightened> guests = List.of(new Lightened(1), new Lightened(2));
    for (int turn = 0; turn < 6; turn++) {
      Lightened guest = guests.get(turn % 2);
      int page = turn / 2;
      guest.inRound(
          () -> {
            byte[] code = guest.region(TEXT).bytes(page * PAGE, page * PAGE + 1);
            assertThat(Arrays.copyOfRange(code, page * PAGE, (page + 1) * PAGE))
                .isEqualTo(Arrays.copyOfRange(guest.text, page * PAGE, (page + 1) * PAGE));
          });
    }
  }

  @Test
  void aThreadIsInOneRoundAtATime() {
    Lightened one = new Lightened(1);
    Lightened two = new Lightened(2);

    one.inRound(
        () ->
            assertThatThrownBy(() -> two.inRound(() -> {}))
                .isInstanceOf(IllegalStateException.class));
    assertThatThrownBy(
            () ->
                one.inRound(
                    () -> {
                      throw new IllegalArgumentException("of a sweep");
                    }))
        .isInstanceOf(IllegalArgumentException.class);

    two.inRound(() -> assertThat(two.region(TEXT).bytes()).isEqualTo(two.text));
  }

  @Test
  void betweenRoundsNothingIsRead() {
    Lightened guest = new Lightened(1);
    CodeRegion text = guest.region(TEXT);

    assertThatThrownBy(() -> text.bytes(0, 1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(text::bytes).isInstanceOf(IllegalStateException.class);
    assertThat(guest.asked).isEmpty();
  }

  @Test
  void aPageThatIsGoneIsNoPageOfZerosNorWhatAnotherGuestHadThere() {
    Lightened other = new Lightened(2);
    other.inRound(() -> other.region(TEXT).bytes(0, PAGE));
    Lightened guest = new Lightened(1);
    guest.gone = true;
    CodeRegion text = guest.region(TEXT);

    guest.inRound(
        () -> {
          for (int ask = 0; ask < 2; ask++) {
            assertThatThrownBy(() -> text.bytes(0, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("cannot be read again");
          }
          assertThatThrownBy(text::bytes).isInstanceOf(IllegalStateException.class);
        });
  }

  @Test
  void allBytesOfARegionLieInAnArrayOfItsLength() {
    Lightened guest = new Lightened(1);

    guest.inRound(
        () -> {
          assertThat(guest.region(TEXT).bytes()).isEqualTo(guest.text);
          assertThat(guest.region(ELSEWHERE).bytes()).isEqualTo(guest.other);
        });
  }

  @Test
  void codeThatWasGivenBackIsNeverComparedNorReplaced() {
    Lightened guest = new Lightened(1);

    assertThatThrownBy(() -> guest.code().holds(TEXT, PageBytes.ZERO))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> guest.code().replace(TEXT, PageBytes.ZERO))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> guest.code().asItIs()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void bytesThatAreNotBlankWereCountedBefore() {
    Lightened guest = new Lightened(1);

    assertThat(guest.code().nonBlankBytes()).isEqualTo(4L * PAGE);
    assertThat(guest.code().bytes()).isEqualTo(4L * PAGE);
  }

  @Test
  void codeThatIsOnlyLookedAtIsTheSameAndReadWhenSomebodyAsks() {
    Lightened held = new Lightened(1);
    GuestKernel lookedAt =
        GuestKernel.lookedAt(
                held.guest.pages(), List.of(held.guest.vcpu()), ExplorationBudget.STANDARD)
            .kernel()
            .orElseThrow();
    CodeMemory code = lookedAt.code();

    assertThat(code.isGivenBack()).isTrue();
    assertThat(code.nonBlankBytes()).isEqualTo(held.code().nonBlankBytes());
    assertThat(code.regions())
        .usingElementComparator(
            (one, other) -> one.start() == other.start() && one.length() == other.length() ? 0 : 1)
        .isEqualTo(held.code().regions());
    code.inRound(
        held.pages(),
        () -> {
          CodeMemory kept = code.asItIs();
          assertThat(kept.regionAt(TEXT).orElseThrow().held()).isEqualTo(held.text);
          assertThat(kept.nonBlankBytes()).isEqualTo(4L * PAGE);
          held.asked.clear();
          code.regionAt(TEXT).orElseThrow().bytes(PAGE, PAGE + 1);
          assertThat(held.asked).hasSize(1);
          return true;
        });
  }

  @Test
  void codeThatIsHeldAgainIsReadOnceAndMayChange() {
    Lightened guest = new Lightened(1);

    guest.inRound(guest.code()::hold);
    guest.gone = true;

    assertThat(guest.code().isGivenBack()).isFalse();
    assertThat(guest.region(TEXT).bytes()).isEqualTo(guest.text);
    guest.code().replace(TEXT, PageBytes.ZERO);
    assertThat(guest.code().holds(TEXT, PageBytes.ZERO)).isTrue();
    guest.code().giveBack();
    assertThat(guest.code().isGivenBack()).isTrue();
  }

  @Test
  void codeThatSomebodyElseHasAsItIsStaysWhenItChangesAndWhenItIsGivenBack() {
    SyntheticGuest guest =
        withTablesInReach()
            .place(TEXT, new byte[PAGE], Rights.KERNEL_CODE)
            .idtGate(14, TEXT)
            .build();
    GuestKernel kernel =
        GuestKernel.of(guest.pages(), List.of(guest.vcpu()), ExplorationBudget.STANDARD)
            .kernel()
            .orElseThrow();
    CodeMemory code = kernel.code();
    CodeMemory kept = code.asItIs();
    byte[] now = new byte[PAGE];
    Arrays.fill(now, (byte) 0x90);

    code.replace(TEXT, PageBytes.wrap(now));
    assertThat(code.holds(TEXT, PageBytes.wrap(now))).isTrue();
    code.giveBack();

    assertThat(kept.holds(TEXT, PageBytes.ZERO)).isTrue();
  }

  @Test
  void codeThatWasReadElsewhereCannotBeGivenBack() {
    CodeMemory predicted = CodeMemory.of(new CodeRegion(0x1000, new byte[PAGE], false));

    assertThatThrownBy(predicted::giveBack).isInstanceOf(IllegalArgumentException.class);
  }
}
