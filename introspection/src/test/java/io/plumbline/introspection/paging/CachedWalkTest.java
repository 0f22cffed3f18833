package io.plumbline.introspection.paging;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CachedWalkTest {
  private static final int PAGE = PageBytes.SIZE;
  private static final long TEXT = 0xffff_ffff_8100_0000L;
  private static final long DIRECT_MAP = 0xffff_8880_0000_0000L;
  private static final List<Long> AREAS =
      List.of(TEXT, TEXT + (1L << 21), TEXT + (1L << 30), DIRECT_MAP, 0L, 0x8000_0000_0000L);

  private static AddressSpace space(Random random) {
    SyntheticGuestBuilder builder = SyntheticGuest.longMode();
    for (long area : List.of(TEXT, TEXT + (1L << 21), DIRECT_MAP)) {
      for (int page = 0; page < 12; page++) {
        if (random.nextInt(3) > 0) {
          byte[] bytes = new byte[PAGE];
          random.nextBytes(bytes);
          builder.place(area + (long) page * PAGE, bytes, Rights.KERNEL_DATA);
        }
      }
    }
    SyntheticGuest guest = builder.build();
    return AddressSpace.of(guest.vcpu(), guest.pages());
  }

  @Test
  void inWhateverOrderAddressesComeEachIsWhereAWalkOfItsOwnFindsIt() {
    Random random = new Random(31);
    for (int round = 0; round < 50; round++) {
      AddressSpace space = space(random);
      CachedWalk walk = new CachedWalk(space);
      List<Long> found = new ArrayList<>();
      for (int ask = 0; ask < 500; ask++) {
        long area = AREAS.get(random.nextInt(AREAS.size()));
        long va = area + (random.nextInt(16) - 2L) * PAGE + random.nextInt(PAGE);
        long frame = walk.frameAt(va);
        assertThat(frame)
            .as("seed 31, round %d, address %x", round, va)
            .isEqualTo(space.translateToFrame(va));
        found.add(frame);
      }
      assertThat(found).contains(-1L).anyMatch(frame -> frame > 0);
    }
  }

  @Test
  void neighboursAskForTheTablesAboveOnce() {
    SyntheticGuest guest =
        SyntheticGuest.longMode()
            .place(TEXT, new byte[PAGE], Rights.KERNEL_DATA)
            .place(TEXT + PAGE, new byte[PAGE], Rights.KERNEL_DATA)
            .build();
    int[] reads = {0};
    AddressSpace space =
        AddressSpace.of(
            guest.vcpu(),
            frame -> {
              reads[0]++;
              return guest.pages().read(frame);
            });
    CachedWalk walk = new CachedWalk(space);

    walk.frameAt(TEXT);
    int first = reads[0];
    walk.frameAt(TEXT + PAGE);
    walk.frameAt(TEXT + 5 * PAGE);

    assertThat(first).isEqualTo(4);
    assertThat(reads[0]).isEqualTo(first);
  }
}
