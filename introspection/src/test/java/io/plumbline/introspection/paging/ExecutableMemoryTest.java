package io.plumbline.introspection.paging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExecutableMemoryTest {
  private static final long TEXT = 0xffff_ffff_8100_0000L;
  private static final long MODULE = 0xffff_ffff_c000_0000L;

  @Test
  void neighboursWithTheSameRightsAreOneRange() {
    SyntheticGuestBuilder builder =
        SyntheticGuest.longMode()
            .page(TEXT, 2, Rights.KERNEL_CODE)
            .page(TEXT + 0x20_0000, 1, Rights.KERNEL_CODE)
            .page(TEXT + 0x20_1000, 1, new Rights(false, true, true))
            .data(TEXT + 0x20_2000, 1)
            .code(MODULE, 0xc3);
    ExecutableMemory memory = sweep(builder);

    assertThat(memory.kernelRanges())
        .extracting(
            range -> range.start().value(), ExecutableRange::length, ExecutableRange::rights)
        .containsExactly(
            tuple(TEXT, 0x20_1000L, Rights.KERNEL_CODE),
            tuple(TEXT + 0x20_1000, 0x1000L, new Rights(false, true, true)),
            tuple(MODULE, 0x1000L, Rights.KERNEL_CODE));
    assertThat(memory.kernelBytes()).isEqualTo(0x20_3000);
    assertThat(memory.kernelRangeAt(TEXT + 0x20_1fff)).contains(memory.kernelRanges().get(1));
    assertThat(memory.kernelRangeAt(TEXT + 0x20_2000)).isEmpty();
    assertThat(memory.kernelRangeAt(TEXT - 1)).isEmpty();
    assertThat(memory.budgetExhausted()).isFalse();
  }

  @Test
  void pagesOfARangeAreVisitedWithTheirFrames() {
    SyntheticGuest guest =
        SyntheticGuest.longMode()
            .map(TEXT, 0x700, 1, Rights.KERNEL_CODE)
            .map(TEXT + 0x1000, 0x701, 1, Rights.KERNEL_CODE)
            .map(TEXT + 0x2000, 0x300, 1, Rights.KERNEL_CODE)
            .build();
    ExecutableRange range = sweep(guest).kernelRanges().get(0);
    List<String> visited = new ArrayList<>();
    range.forEachPage(
        (va, frame) -> visited.add(Long.toHexString(va - TEXT) + ">" + Long.toHexString(frame)));

    assertThat(visited).containsExactly("0>700", "1000>701", "2000>300");
    assertThat(range.runs()).hasSize(2);
  }

  @Test
  void theLastPageOfTheAddressSpaceIsARangeToo() {
    ExecutableMemory memory = sweep(SyntheticGuest.longMode().code(-0x1000L, 0xc3).code(0, 0xc3));

    assertThat(memory.kernelRanges()).hasSize(2);
    assertThat(memory.kernelRangeAt(-1L)).contains(memory.kernelRanges().get(1));
    assertThat(memory.kernelRangeAt(0L)).contains(memory.kernelRanges().get(0));
  }

  @Test
  void aSupervisorPageUnderUserTablesIsKernelCode() {
    SyntheticGuestBuilder builder =
        SyntheticGuest.longMode()
            .page(0x40_0000, 1, Rights.USER_CODE)
            .page(0x40_1000, 1, Rights.KERNEL_CODE);
    ExecutableMemory memory = sweep(builder);

    assertThat(memory.kernelRanges()).hasSize(1);
    assertThat(memory.kernelRangeAt(0x40_1000)).isPresent();
    assertThat(memory.tableFrames()).contains(new FrameNumber(builder.tableFrame(0x40_1000, 1)));
    assertThat(memory.userTableFrames()).isEmpty();
  }

  @Test
  void userCodeIsToldApartAndOnlyWithoutSmep() {
    SyntheticGuestBuilder builder =
        SyntheticGuest.longMode().code(TEXT, 0xc3).page(0x40_0000, 1, Rights.USER_CODE);
    ExecutableMemory strict = sweep(builder);
    ExecutableMemory lax = sweep(builder.withoutSmep());

    assertThat(strict.userPagesExecutableBySupervisor()).isFalse();
    assertThat(strict.userRanges()).isEmpty();
    assertThat(lax.userPagesExecutableBySupervisor()).isTrue();
    assertThat(lax.userRanges()).singleElement().matches(range -> range.contains(0x40_0abc));
    assertThat(lax.kernelRanges()).isEqualTo(strict.kernelRanges());
    assertThat(lax.userTableFrames())
        .contains(new FrameNumber(builder.tableFrame(0x40_0000, 1)))
        .doesNotContainAnyElementsOf(lax.tableFrames());
  }

  @Test
  void anUnreadableTableIsReportedWithWhatItCovers() {
    SyntheticGuestBuilder builder = SyntheticGuest.longMode().code(TEXT, 0xc3).code(MODULE, 0xc3);
    long table = builder.tableFrame(MODULE, 1);
    ExecutableMemory memory = sweep(builder.forget(table));

    assertThat(memory.unreadable())
        .containsExactly(
            new UnreadableTable(
                new FrameNumber(table),
                1,
                new GuestVirtualAddress(MODULE),
                0x20_0000,
                new Rights(false, true, true)));
    assertThat(memory.kernelRanges()).hasSize(1);
    assertThat(memory.view()).isEqualTo(KernelView.UNDETERMINED);
  }

  @Test
  void anUnreadableTopTableIsReported() {
    SyntheticGuestBuilder builder = SyntheticGuest.longMode().code(TEXT, 0xc3);
    ExecutableMemory memory = sweep(builder.forget(builder.tableFrame(TEXT, 4)));

    assertThat(memory.unreadable()).singleElement().matches(table -> table.length() == 1L << 48);
    assertThat(memory.kernelRanges()).isEmpty();
  }

  @Test
  void malformedEntriesAreCountedAndMapNothing() {
    ExecutableMemory memory =
        sweep(SyntheticGuest.longMode().code(TEXT, 0xc3).editEntry(TEXT, 4, entry -> entry | 0x80));

    assertThat(memory.malformedEntries()).isEqualTo(1);
    assertThat(memory.kernelRanges()).isEmpty();
  }

  @Test
  void tablesThatMapTheirOwnTopAreTheKernels() {
    SyntheticGuestBuilder builder = SyntheticGuest.longMode().code(TEXT, 0xc3);
    long top = builder.tableFrame(TEXT, 4);

    assertThat(sweep(builder).view()).isEqualTo(KernelView.USER_TABLES);
    builder.map(0xffff_8880_0000_0000L, 0, 2, Rights.KERNEL_DATA);
    assertThat(top).isLessThan(512);
    assertThat(sweep(builder).view()).isEqualTo(KernelView.KERNEL_TABLES);
  }

  @Test
  void aUserMappingOfTheTopTableDoesNotMakeItTheKernels() {
    SyntheticGuestBuilder builder = SyntheticGuest.longMode().code(TEXT, 0xc3);
    builder.map(0x40_0000, 0, 2, Rights.USER_DATA);

    assertThat(sweep(builder).view()).isEqualTo(KernelView.USER_TABLES);
  }

  private static ExecutableMemory sweep(SyntheticGuestBuilder builder) {
    return sweep(builder.build());
  }

  private static ExecutableMemory sweep(SyntheticGuest guest) {
    return guest.addressSpace().executableMemory(WalkBudget.STANDARD);
  }
}
