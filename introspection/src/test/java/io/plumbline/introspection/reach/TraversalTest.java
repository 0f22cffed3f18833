package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.paging.WalkBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TraversalTest {
  private static final long TEXT = 0xffff_ffff_8100_0000L;

  @Test
  void straightCodeIsReachedUpToItsReturn() {
    Exploration reached = explore(code(0x55, 0x89, 0xc0, 0xc3, 0x90));

    assertThat(starts(reached)).containsExactly(0, 1, 3);
    assertThat(reached.directBytes()).isEqualTo(4);
    assertThat(reached.functionCount()).isEqualTo(1);
  }

  @Test
  void bothWaysOutOfABranchAreReachedAndOnlyTheTargetOfAJump() {
    // 0: je 4; 2: jmp 6; 4: nop; 5: ret; 6: jmp 9; 8: nop (dead); 9: ret
    Exploration reached = explore(code(0x74, 0x02, 0xeb, 0x02, 0x90, 0xc3, 0xeb, 0x01, 0x90, 0xc3));

    assertThat(starts(reached)).containsExactly(0, 2, 4, 5, 6, 9);
  }

  @Test
  void aCallReachesItsTargetAsAFunctionAndReturns() {
    // 0: call 7; 5: ret; 6: int3; 7: ret
    Exploration reached = explore(code(0xe8, 2, 0, 0, 0, 0xc3, 0xcc, 0xc3));

    assertThat(starts(reached)).containsExactly(0, 5, 7);
    assertThat(reached.functionCount()).isEqualTo(2);
    assertThat(reached.functionBelow(regionOf(reached), 5)).isEqualTo(at(0));
    assertThat(reached.functionBelow(regionOf(reached), 7)).isEqualTo(at(7));
  }

  @Test
  void loopsAndRecursionEnd() {
    // 0: call 0; 5: jmp 0
    Exploration reached = explore(code(0xe8, -5, -1, -1, -1, 0xeb, -7));

    assertThat(starts(reached)).containsExactly(0, 5);
    assertThat(reached.functionCount()).isEqualTo(1);
    assertThat(reached.budgetExhausted()).isFalse();
  }

  @Test
  void overlappingInstructionsAreBothReachedAndTheirBytesCountOnce() {
    // 0: jmp 1 into its own last byte: eb ff is followed by ff c0 (inc eax) at 1; 3: ret
    Exploration reached = explore(code(0xeb, 0xff, 0xc0, 0xc3));

    assertThat(starts(reached)).containsExactly(0, 1, 3);
    assertThat(reached.directBytes()).isEqualTo(4);
  }

  @Test
  void indirectTransfersAreNotFollowedButCallsReturn() {
    // 0: call rax; 2: jmp rax; 4: nop
    Exploration reached = explore(code(0xff, 0xd0, 0xff, 0xe0, 0x90));

    assertThat(starts(reached)).containsExactly(0, 2);
  }

  @Test
  void aPathEndsAtBytesThatAreNoInstructionAndIsCounted() {
    Exploration reached = explore(code(0x90, 0x06, 0x90));

    assertThat(starts(reached)).containsExactly(0);
    assertThat(reached.invalidPaths()).isEqualTo(1);
  }

  @Test
  void aTargetOutsideExecutableMemoryIsCountedAndNotFollowed() {
    // 0: call far away; 5: ret
    Exploration reached = explore(code(0xe8, 0, 0, 0, 0x10, 0xc3));

    assertThat(starts(reached)).containsExactly(0, 5);
    assertThat(reached.transfersOutside()).isEqualTo(1);
  }

  @Test
  void codeThatRunsOffTheEndOfItsMemoryLeavesIt() {
    int[] page = page(0x90);
    Exploration fallsThrough = explore(code(page));
    page[4095] = 0xe8;
    Exploration cutOff = explore(code(page));

    assertThat(fallsThrough.instructions()).isEqualTo(4096);
    assertThat(fallsThrough.transfersOutside()).isEqualTo(1);
    assertThat(cutOff.instructions()).isEqualTo(4095);
    assertThat(cutOff.transfersOutside()).isEqualTo(1);
    assertThat(cutOff.invalidPaths()).isZero();
  }

  @Test
  void anInstructionThatStraddlesAWritableAndAReadOnlyPageIsOne() {
    int[] first = page(0x90);
    first[4095] = 0xe8; // call to the ret behind it, whose target lies in the next page
    SyntheticGuestBuilder guest =
        SyntheticGuest.longMode()
            .code(TEXT, first)
            .place(TEXT + 0x1000, new byte[] {0, 0, 0, 0, (byte) 0xc3}, Rights.EVERYTHING)
            .restrict(TEXT + 0x1000, 1, new Rights(false, true, true));

    Exploration reached = explore(guest);

    assertThat(starts(reached)).contains(4095, 4100).hasSize(4097);
    assertThat(reached.transfersOutside()).isZero();
  }

  @Test
  void anUnreadablePageEndsAPathAndIsListed() {
    SyntheticGuestBuilder guest =
        SyntheticGuest.longMode().code(TEXT, page(0x90)).code(TEXT + 0x1000, 0xc3);
    guest.forget(guest.build().mappedAt(TEXT + 0x1000).orElseThrow().frame());

    CodeMemory memory = read(guest.build(), ExplorationBudget.STANDARD);
    Exploration reached = explore(guest);

    assertThat(memory.unreadablePages()).containsExactly(at(0x1000));
    assertThat(reached.instructions()).isEqualTo(4096);
    assertThat(reached.transfersOutside()).isEqualTo(1);
  }

  @Test
  void theInstructionBudgetEndsAnExplorationAndIsSaid() {
    SyntheticGuestBuilder guest = code(page(0x90));
    ExplorationBudget small = new ExplorationBudget(1 << 20, 100, 10, 10);
    SyntheticGuest built = guest.build();

    Exploration reached =
        Exploration.from(List.of(at(0)), read(built, small), CodeMode.LONG_64, small);

    assertThat(reached.instructions()).isEqualTo(100);
    assertThat(reached.budgetExhausted()).isTrue();
  }

  @Test
  void theBlockBudgetEndsAnExplorationAndIsSaid() {
    // je to the next instruction, over and over: each begins a block.
    SyntheticGuestBuilder guest =
        code(LongStream.range(0, 4096).mapToInt(i -> i % 2 == 0 ? 0x74 : 0).toArray());
    ExplorationBudget small =
        new ExplorationBudget(
            WalkBudget.STANDARD, 1 << 20, 10_000, 50, 10, 10, 10, DataBudget.STANDARD);

    Exploration reached = explore(guest, small);

    assertThat(reached.blocks()).isEqualTo(50);
    assertThat(reached.instructions()).isLessThanOrEqualTo(50);
    assertThat(reached.budgetExhausted()).isTrue();
    assertThat(explore(guest).budgetExhausted()).isFalse();
  }

  @Test
  void theByteBudgetEndsTheReadingOfCodeAndIsSaid() {
    SyntheticGuest guest =
        SyntheticGuest.longMode().code(TEXT, page(0x90)).code(TEXT + 0x1000, 0xc3).build();

    CodeMemory memory = read(guest, new ExplorationBudget(4096, 100, 10, 10));

    assertThat(memory.bytes()).isEqualTo(4096);
    assertThat(memory.budgetExhausted()).isTrue();
    assertThat(read(guest, new ExplorationBudget(8192, 100, 10, 10)).budgetExhausted()).isFalse();
  }

  @Test
  void theTableBudgetIsSaidToo() {
    // mov rax, [rax*8-0x7f000000]; mov rax, [rax*8-0x7e000000]; ret
    SyntheticGuestBuilder guest =
        code(0x48, 0x8b, 4, 0xc5, 0, 0, 0, 0x81, 0x48, 0x8b, 4, 0xc5, 0, 0, 0, 0x82, 0xc3);

    Exploration one = explore(guest, new ExplorationBudget(1 << 20, 100, 10, 1));
    Exploration two = explore(guest, new ExplorationBudget(1 << 20, 100, 10, 2));

    assertThat(one.tables()).hasSize(1);
    assertThat(one.budgetExhausted()).isTrue();
    assertThat(two.tables())
        .containsExactly(
            new TableUse(new GuestVirtualAddress(0xffff_ffff_8100_0000L), at(0), at(0)),
            new TableUse(new GuestVirtualAddress(0xffff_ffff_8200_0000L), at(8), at(0)));
    assertThat(two.budgetExhausted()).isFalse();
  }

  private static SyntheticGuestBuilder code(int... bytes) {
    return SyntheticGuest.longMode().code(TEXT, bytes);
  }

  private static int[] page(int value) {
    return LongStream.range(0, 4096).mapToInt(i -> value).toArray();
  }

  private static GuestVirtualAddress at(long offset) {
    return new GuestVirtualAddress(TEXT + offset);
  }

  private static CodeMemory read(SyntheticGuest guest, ExplorationBudget budget) {
    return CodeMemory.read(
        guest.addressSpace().executableMemory(WalkBudget.STANDARD), guest.pages(), budget);
  }

  private static Exploration explore(SyntheticGuestBuilder guest) {
    return explore(guest, ExplorationBudget.STANDARD);
  }

  private static Exploration explore(SyntheticGuestBuilder guest, ExplorationBudget budget) {
    return Exploration.from(List.of(at(0)), read(guest.build(), budget), CodeMode.LONG_64, budget);
  }

  private static CodeRegion regionOf(Exploration exploration) {
    List<CodeRegion> regions = new ArrayList<>();
    exploration.forEachInstruction((region, offset, length) -> regions.add(region));
    return regions.get(0);
  }

  private static List<Integer> starts(Exploration exploration) {
    List<Integer> starts = new ArrayList<>();
    exploration.forEachInstruction((region, offset, length) -> starts.add(offset));
    return starts;
  }
}
