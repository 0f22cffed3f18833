package io.plumbline.introspection.paging;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.testing.MappedPage;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Laws that hold for any tables, over guests of random mappings in every mode. */
class PagingLawsTest {
  private static final int SEEDS = 60;
  private static final List<Supplier<SyntheticGuestBuilder>> MODES =
      List.of(
          SyntheticGuest::longMode,
          SyntheticGuest::fiveLevel,
          SyntheticGuest::pae,
          SyntheticGuest::bits32);

  @Test
  void theSweepFindsExactlyTheKernelCodeOfTheAnswerKey() {
    for (int seed = 0; seed < SEEDS; seed++) {
      SyntheticGuest guest = randomGuest(seed).build();
      boolean noExecuteBit = guest.addressSpace().mode() != PagingMode.BITS_32;
      TreeMap<Long, Long> expected = new TreeMap<>();
      for (MappedPage page : guest.mapped()) {
        if (!page.rights().user() && (page.rights().executable() || !noExecuteBit)) {
          for (long offset = 0; offset < page.size(); offset += 0x1000) {
            expected.put(page.va() + offset, page.frameAt(page.va() + offset));
          }
        }
      }
      TreeMap<Long, Long> found = new TreeMap<>();
      sweep(guest).kernelRanges().forEach(range -> range.forEachPage(found::put));

      assertThat(found).as("seed %d", seed).isEqualTo(expected);
    }
  }

  @Test
  void walkSweepAndAnswerKeyAgreeAtAnyAddress() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      SyntheticGuest guest = randomGuest(seed).build();
      AddressSpace space = guest.addressSpace();
      VirtualMemory memory = new VirtualMemory(space);
      ExecutableMemory swept = sweep(guest);
      for (int probe = 0; probe < 300; probe++) {
        long va = randomAddress(random, guest);
        long expected = guest.mappedAt(va).map(page -> page.frameAt(va)).orElse(-1L);
        Translation translation = space.translate(new GuestVirtualAddress(va));
        boolean kernelCode =
            translation instanceof Translation.Mapped mapped
                && mapped.rights().executable()
                && !mapped.rights().user();

        assertThat(space.translateToFrame(va)).as("seed %d, %x", seed, va).isEqualTo(expected);
        assertThat(memory.frameAt(va)).as("seed %d, %x", seed, va).isEqualTo(expected);
        assertThat(memory.pageAt(va).isPresent())
            .as("seed %d, %x", seed, va)
            .isEqualTo(space.readPage(new GuestVirtualAddress(va)).isPresent());
        assertThat(swept.kernelRangeAt(va).isPresent())
            .as("seed %d, %x", seed, va)
            .isEqualTo(kernelCode);
      }
    }
  }

  @Test
  void rangesAscendAndNeverTouchWithTheSameRights() {
    for (int seed = 0; seed < SEEDS; seed++) {
      List<ExecutableRange> ranges = sweep(randomGuest(seed).build()).kernelRanges();
      for (int next = 1; next < ranges.size(); next++) {
        ExecutableRange before = ranges.get(next - 1);
        ExecutableRange after = ranges.get(next);
        GuestVirtualAddress end = before.start().plus(before.length());
        assertThat(end).as("seed %d", seed).isLessThanOrEqualTo(after.start());
        assertThat(end.equals(after.start()) && before.rights().equals(after.rights()))
            .as("seed %d: %s and %s", seed, before, after)
            .isFalse();
      }
    }
  }

  @Test
  void unlinkingWhatWasLinkedRestoresTheResult() {
    for (int seed = 0; seed < SEEDS; seed++) {
      SyntheticGuestBuilder builder = randomGuest(seed);
      SyntheticGuest before = builder.build();
      MappedPage page = before.mapped().get(seed % before.mapped().size());
      int level = levelOf(page);
      long[] entry = new long[1];
      SyntheticGuest without =
          builder
              .editEntry(
                  page.va(),
                  level,
                  old -> {
                    entry[0] = old;
                    return 0;
                  })
              .build();
      SyntheticGuest after = builder.editEntry(page.va(), level, gone -> entry[0]).build();

      assertThat(without.addressSpace().translateToFrame(page.va()))
          .as("seed %d", seed)
          .isEqualTo(-1);
      assertThat(sweep(after)).as("seed %d", seed).isEqualTo(sweep(before));
    }
  }

  @Test
  void everyTableOnTheWayToKernelCodeIsNamed() {
    for (int seed = 0; seed < SEEDS; seed++) {
      SyntheticGuestBuilder builder = randomGuest(seed);
      SyntheticGuest guest = builder.build();
      ExecutableMemory memory = sweep(guest);
      for (ExecutableRange range : memory.kernelRanges()) {
        long va = range.start().value();
        int lowest = levelOf(guest.mappedAt(va).orElseThrow());
        for (int level = lowest; level <= guest.addressSpace().mode().levels().size(); level++) {
          assertThat(memory.tableFrames())
              .as("seed %d, level %d of %x", seed, level, va)
              .contains(new FrameNumber(builder.tableFrame(va, level)));
        }
      }
    }
  }

  private static int levelOf(MappedPage page) {
    return page.size() == 0x1000 ? 1 : 2;
  }

  private static ExecutableMemory sweep(SyntheticGuest guest) {
    return guest.addressSpace().executableMemory(WalkBudget.STANDARD);
  }

  private static long randomAddress(Random random, SyntheticGuest guest) {
    MappedPage near = guest.mapped().get(random.nextInt(guest.mapped().size()));
    long va = near.va() + random.nextLong(-0x3000, near.size() + 0x3000);
    return guest.vcpu().longMode() ? va : va & 0xffff_ffffL;
  }

  /** Thirty pages of all sizes and rights that do not overlap, some in each other's tables. */
  private static SyntheticGuestBuilder randomGuest(int seed) {
    Random random = new Random(seed);
    SyntheticGuestBuilder builder = MODES.get(seed % MODES.size()).get();
    boolean longMode = builder.build().vcpu().longMode();
    List<Integer> places =
        random.ints(0, 48).distinct().limit(30).boxed().collect(Collectors.toList());
    for (int place : places) {
      // One place is 8 MiB; a third of them lie in the kernel's half.
      long base =
          (place % 3 == 0 ? (longMode ? -1L << 39 : 0xc000_0000L) : 0x40_0000) + place * 0x80_0000L;
      boolean large = random.nextInt(4) == 0;
      int pages = large ? 1 : 1 + random.nextInt(4);
      for (int page = 0; page < pages; page++) {
        Rights rights = Rights.of(random.nextInt(Rights.ALL + 1));
        builder.page(large ? base & -0x40_0000L : base + page * 0x1000L, large ? 2 : 1, rights);
      }
    }
    return builder;
  }
}
