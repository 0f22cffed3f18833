package io.plumbline.introspection.paging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class HostileTablesTest {
  private static final long TEXT = 0xffff_ffff_8100_0000L;
  private static final long NX = 1L << 63;
  private static final WalkBudget SMALL = new WalkBudget(1 << 16, 1 << 14, 1 << 10);

  @Test
  void aSelfMapShowsTheTablesAndNothingElse() {
    SyntheticGuestBuilder builder = SyntheticGuest.longMode().code(TEXT, 0xc3);
    long top = builder.tableFrame(TEXT, 4);
    builder.editEntry(0xffff_f680_0000_0000L, 4, entry -> top << 12 | NX | 3);
    ExecutableMemory memory = builder.build().addressSpace().executableMemory(WalkBudget.STANDARD);

    assertThat(memory.kernelRanges()).hasSize(1);
    assertThat(memory.budgetExhausted()).isFalse();
    assertThat(memory.view()).isEqualTo(KernelView.KERNEL_TABLES);
    // The self-map translates to the tables themselves.
    assertThat(builder.build().addressSpace().translateToFrame(0xffff_f6fb_7dbe_d000L))
        .isEqualTo(top);
  }

  @Test
  void anExecutableLoopIsCutByTheBudget() {
    SyntheticGuestBuilder builder = SyntheticGuest.longMode();
    long top = builder.tableFrame(TEXT, 4);
    builder.write(top << 12, table(entry -> top << 12 | 3));

    ExecutableMemory memory = builder.build().addressSpace().executableMemory(WalkBudget.STANDARD);

    assertThat(memory.budgetExhausted()).isTrue();
    assertThat(memory.kernelBytes()).isLessThanOrEqualTo(WalkBudget.STANDARD.pages() * 4096);
    assertThat(memory.entriesExamined()).isLessThanOrEqualTo(WalkBudget.STANDARD.entries());
  }

  @Test
  @Timeout(10)
  void aTableSharedBy2To36PlacesIsWalkedOnceWhenNothingInItIsExecutable() {
    SyntheticGuestBuilder builder = SyntheticGuest.longMode();
    long top = builder.tableFrame(TEXT, 4);
    long leaf = 0x900;
    builder.write(leaf << 12, table(entry -> 0x800L << 12 | NX | 3));
    for (long level = 3; level > 1; level--) {
      long below = leaf + level - 2;
      builder.write((leaf + level - 1) << 12, table(entry -> below << 12 | 3));
    }
    builder.write(top << 12, table(entry -> (leaf + 2) << 12 | 3));

    ExecutableMemory memory = builder.build().addressSpace().executableMemory(SMALL);

    assertThat(memory.budgetExhausted()).isFalse();
    assertThat(memory.kernelRanges()).isEmpty();
    assertThat(memory.tableFrames()).hasSize(4);
    assertThat(memory.entriesExamined()).isEqualTo(4 * 512);
  }

  @Test
  void userLoopsDoNotEatTheKernelsShareOfTheBudget() {
    SyntheticGuestBuilder builder = SyntheticGuest.longMode().withoutSmep().code(TEXT, 0xc3);
    long loop = 0x900;
    builder.write(loop << 12, table(entry -> loop << 12 | 7));
    builder.editEntry(0, 4, entry -> loop << 12 | 7);

    ExecutableMemory memory = builder.build().addressSpace().executableMemory(SMALL);

    assertThat(memory.budgetExhausted()).isTrue();
    assertThat(memory.kernelRangeAt(TEXT)).isPresent();
  }

  @Test
  void scatteredCodeIsCutAtTheNumberOfPieces() {
    SyntheticGuestBuilder builder = SyntheticGuest.longMode();
    for (int page = 0; page < 100; page++) {
      builder.code(TEXT + page * 0x2000L, 0xc3);
    }
    AddressSpace space = builder.build().addressSpace();
    ExecutableMemory cut = space.executableMemory(new WalkBudget(1 << 16, 1 << 14, 30));

    assertThat(cut.budgetExhausted()).isTrue();
    assertThat(cut.kernelRanges()).hasSize(30);
    assertThat(space.executableMemory(SMALL).kernelRanges()).hasSize(100);
  }

  @Test
  void aBudgetOfNothingIsRejected() {
    assertThatThrownBy(() -> new WalkBudget(0, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 entries");
    assertThatThrownBy(() -> new WalkBudget(1, 0, 1)).hasMessageContaining("0 pages");
    assertThatThrownBy(() -> new WalkBudget(1, 1, 0)).hasMessageContaining("0 runs");
  }

  @Test
  void twoThousandRandomGuestsStayInsideTheBudget() {
    List<SyntheticGuestBuilder> modes =
        List.of(
            SyntheticGuest.longMode(),
            SyntheticGuest.fiveLevel(),
            SyntheticGuest.pae(),
            SyntheticGuest.bits32());
    long began = System.nanoTime();
    for (int seed = 0; seed < 2000; seed++) {
      Random random = new Random(seed);
      SyntheticGuest guest = modes.get(seed % modes.size()).build();
      PageSource noise = randomMemory(random);
      AddressSpace space = AddressSpace.of(guest.vcpu(), noise);

      ExecutableMemory memory = space.executableMemory(SMALL);

      assertThat(memory.entriesExamined()).as("seed %d", seed).isLessThanOrEqualTo(SMALL.entries());
      assertThat(memory.kernelBytes()).as("seed %d", seed).isLessThanOrEqualTo(SMALL.pages() << 12);
      assertThat(memory.unreadable().size()).as("seed %d", seed).isLessThanOrEqualTo(SMALL.runs());
      assertThatSweepAgreesWithWalk(space, memory, random, seed);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(60));
  }

  @Test
  void theStandardBudgetEndsInTimeOnRandomGuests() {
    SyntheticGuest guest = SyntheticGuest.fiveLevel().build();
    for (int seed = 0; seed < 20; seed++) {
      AddressSpace space = AddressSpace.of(guest.vcpu(), randomMemory(new Random(seed)));
      long began = System.nanoTime();
      ExecutableMemory memory = space.executableMemory(WalkBudget.STANDARD);

      assertThat(Duration.ofNanos(System.nanoTime() - began))
          .as("seed %d, %d entries", seed, memory.entriesExamined())
          .isLessThan(Duration.ofSeconds(5));
    }
  }

  private static void assertThatSweepAgreesWithWalk(
      AddressSpace space, ExecutableMemory memory, Random random, int seed) {
    for (ExecutableRange range : someOf(memory.kernelRanges(), random)) {
      ExecutableRange.Run run = range.runs().get(random.nextInt(range.runs().size()));
      long page = random.nextLong(run.pages());
      GuestVirtualAddress va = run.start().plus(page << 12);
      assertThat(space.translate(va))
          .as("seed %d, %s", seed, va)
          .isInstanceOfSatisfying(
              Translation.Mapped.class,
              mapped -> {
                assertThat(mapped.frame()).isEqualTo(new FrameNumber(run.frame().value() + page));
                assertThat(mapped.rights()).isEqualTo(range.rights());
              });
    }
  }

  private static List<ExecutableRange> someOf(List<ExecutableRange> ranges, Random random) {
    int from = ranges.isEmpty() ? 0 : random.nextInt(ranges.size());
    return ranges.subList(from, Math.min(ranges.size(), from + 10));
  }

  /** Eight frames of random entries that mostly name each other; everything else is unreadable. */
  private static PageSource randomMemory(Random random) {
    Map<Long, PageBytes> frames = new HashMap<>();
    for (long frame = 0; frame < 8; frame++) {
      frames.put(frame, PageBytes.wrap(table(index -> randomEntry(random))));
    }
    return frame -> Optional.ofNullable(frames.get(frame.value()));
  }

  private static long randomEntry(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> random.nextLong();
      case 1, 2 -> (long) random.nextInt(9) << 12 | random.nextInt(256) | 1 | NX;
      case 3 -> (long) random.nextInt(9) << 12 | random.nextInt(8) | 1;
      default -> 0;
    };
  }

  private static byte[] table(IntToLongFunction entry) {
    ByteBuffer table = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    for (int index = 0; index < 512; index++) {
      table.putLong(entry.applyAsLong(index));
    }
    return table.array();
  }
}
