package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DataMemoryTest {
  private static final int PAGE = PageBytes.SIZE;
  private static final long TEXT = 0xffff_ffff_8100_0000L;
  private static final long DATA = 0xffff_ffff_8300_0000L;

  /** Of a program, if the kernel has the upper half. */
  private static final long LOWER = 0x40_0000L;

  private static final long LOWER_CODE = 0x60_0000L;

  private SyntheticGuest guest;
  private DataMemory memory;
  private DataMemory.Page page;

  /** What the frame holds that the page of data lies in. */
  private Optional<PageBytes> held = Optional.of(PageBytes.wrap(filled((byte) 1)));

  private int reads;

  @BeforeEach
  void meet() {
    SyntheticGuestBuilder builder = SyntheticGuest.longMode();
    builder.map(0xffff_8880_0000_0000L, builder.topTableFrame(), 1, Rights.KERNEL_DATA);
    guest =
        builder
            .code(TEXT, 0xc3)
            .place(DATA, new byte[PAGE], Rights.KERNEL_DATA)
            .place(LOWER, new byte[PAGE], Rights.KERNEL_DATA)
            .code(LOWER_CODE, 0xc3)
            .idtGate(14, TEXT)
            .build();
    long frame = guest.addressSpace().translateToFrame(DATA);
    GuestKernel kernel =
        GuestKernel.of(
                asked -> asked.value() == frame ? read() : guest.pages().read(asked),
                List.of(guest.vcpu()),
                ExplorationBudget.STANDARD)
            .kernel()
            .orElseThrow();
    memory = new DataMemory(kernel, 100, Optional.empty());
    page = memory.pageAt(DATA);
    reads = 0;
  }

  private void giveBack(LongPredicate keeps) {
    memory.giveBack(keeps, Set.of());
    page = memory.pageAt(DATA);
  }

  private Optional<PageBytes> read() {
    reads++;
    return held;
  }

  private static byte[] filled(byte value) {
    byte[] bytes = new byte[PAGE];
    Arrays.fill(bytes, value);
    return bytes;
  }

  @Test
  void theLowerHalfIsWhicheverProgramsButForCode() {
    assertThat(guest.addressSpace().translateToFrame(LOWER)).isNotNegative();
    assertThat(memory.pageAt(LOWER).kind()).isEqualTo(DataMemory.Kind.NONE);
    assertThat(memory.pageAt(LOWER_CODE).kind()).isEqualTo(DataMemory.Kind.CODE);
    assertThat(memory.nothing()).isEmpty();
  }

  @Test
  void bytesThatWereGivenBackAreReadAgainWheneverSomebodyAsks() {
    giveBack(frame -> false);
    assertThat(page.bytes().orElseThrow().byteAt(0)).isEqualTo(1);
    assertThat(page.bytes()).isPresent();

    assertThat(reads).isEqualTo(2);
  }

  @Test
  void bytesOfFramesThatAreKeptAreNotReadAgain() {
    FrameNumber frame = new FrameNumber(page.frame());
    giveBack(each -> each == frame.value());

    assertThat(page.bytes().orElseThrow().byteAt(0)).isEqualTo(1);
    assertThat(reads).isZero();
    assertThat(memory.leadsElsewhere(page, held)).isFalse();
  }

  @Test
  void whatWasGivenBackMayLeadElsewhereUntilItIsReplaced() {
    giveBack(frame -> false);
    assertThat(memory.leadsElsewhere(page, held)).isTrue();

    memory.replace(page, held);

    assertThat(memory.leadsElsewhere(page, held)).isFalse();
    assertThat(page.bytes()).isEqualTo(held);
    assertThat(reads).isZero();
  }

  @Test
  void whatCannotBeReadIsCountedThoughBytesAreGivenBack() {
    giveBack(frame -> false);
    assertThat(memory.unreadablePages()).isZero();

    memory.replace(page, Optional.empty());
    giveBack(frame -> false);
    assertThat(memory.unreadablePages()).isEqualTo(1);
    assertThat(page.bytes()).isEmpty();

    memory.replace(page, held);
    assertThat(memory.unreadablePages()).isZero();
  }

  @Test
  void aPageThatIsGoneWithoutAWordIsNotUnreadableAllAlong() {
    giveBack(frame -> false);
    held = Optional.empty();

    assertThatThrownBy(page::bytes)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("cannot be read again");
  }
}
