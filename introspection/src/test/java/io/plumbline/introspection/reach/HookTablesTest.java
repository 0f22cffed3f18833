package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.verify.patch.Bytes;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A kernel whose data has a table of what was put into its code, and a guest's other memory. */
class HookTablesTest {
  private static final long CODE = 0xffffffff81000000L;
  private static final long TABLE = 0xffffffff81400000L;
  private static final long HEAP = 0xffffc90003a00000L;
  private static final long DIRECT_MAP = 0xffff888000000000L;
  private static final int GIB_LEVEL = 3;
  private static final int PLACE = 0x20;
  private static final int BUCKET = 0xff8;
  private static final int PAGE = 4096;

  private final byte[] code = new byte[PAGE];
  private final byte[] table = new byte[2 * PAGE];
  private final byte[] heap = new byte[8 * PAGE];

  HookTablesTest() {
    Arrays.fill(code, (byte) 0x90);
    code[PLACE] = (byte) 0xcc;
    Bytes.putLong(table, BUCKET, HEAP + 0xf80);
    Bytes.putLong(heap, 0xf80, HEAP + 0x2000);
    Bytes.putLong(heap, 0xf80 + 40, CODE + PLACE);
    // The next one's place is as it always was: it is not armed.
    Bytes.putLong(heap, 0x2000 + 40, CODE + 0x80);
    // Linked, and no object of the kind.
    Bytes.putLong(heap, 0x2000 + 16, HEAP + 0x4000);
    // Another bucket, of the same table's next page.
    Bytes.putLong(table, BUCKET + 0x10, HEAP + 0x6010);
    Bytes.putLong(heap, 0x6010 + 40, CODE + 0x90);
  }

  private boolean[] taken(long start, int pages) {
    SyntheticGuest guest =
        SyntheticGuest.longMode()
            .map(DIRECT_MAP, 0, GIB_LEVEL, Rights.KERNEL_DATA)
            .place(CODE, code, Rights.KERNEL_CODE)
            .place(TABLE, table, Rights.KERNEL_DATA)
            .place(HEAP, heap, Rights.KERNEL_DATA)
            .idtGate(3, CODE)
            .lstar(CODE)
            .build();
    Set<FrameNumber> consulted =
        ConsultedFrames.of(guest.pages(), List.of(guest.vcpu()), ExplorationBudget.STANDARD);
    assertThat(consulted)
        .contains(new FrameNumber(guest.mappedAt(CODE).orElseThrow().frameAt(CODE)));
    boolean[] taken = new boolean[pages];
    for (int i = 0; i < pages; i++) {
      long at = start + (long) i * PAGE;
      long frame = guest.mappedAt(at).orElseThrow().frameAt(at);
      taken[i] = consulted.contains(new FrameNumber(frame));
    }
    return taken;
  }

  @Test
  void theTableAndItsObjectsAreTakenAndNothingElse() {
    assertThat(taken(TABLE, 2)).containsExactly(true, true);
    assertThat(taken(HEAP, 8)).containsExactly(true, true, true, false, false, false, true, false);
  }

  @Test
  @Timeout(20)
  void aTableWithoutAnEndOfWhichEveryWordNamesAChangeIsSearchedOnce() {
    byte[] words = new byte[PAGE];
    for (int at = 0; at < PAGE; at += Long.BYTES) {
      Bytes.putLong(words, at, HEAP + 0xf80);
    }
    SyntheticGuestBuilder builder =
        SyntheticGuest.longMode()
            .map(DIRECT_MAP, 0, GIB_LEVEL, Rights.KERNEL_DATA)
            .place(CODE, code, Rights.KERNEL_CODE)
            .place(TABLE, words, Rights.KERNEL_DATA)
            .place(HEAP, heap, Rights.KERNEL_DATA)
            .idtGate(3, CODE);
    long frame = builder.build().mappedAt(TABLE).orElseThrow().frame();
    for (int page = 1; page < ExplorationBudget.STANDARD.dataPages(); page++) {
      builder.map(TABLE + (long) page * PAGE, frame, 1, Rights.KERNEL_DATA);
    }
    SyntheticGuest guest = builder.build();

    Set<FrameNumber> consulted =
        ConsultedFrames.of(guest.pages(), List.of(guest.vcpu()), ExplorationBudget.STANDARD);

    assertThat(consulted).contains(new FrameNumber(frame));
  }

  @Test
  void nothingIsTakenWhereNothingWasPutIntoTheCode() {
    code[PLACE] = (byte) 0x90;

    assertThat(taken(TABLE, 2)).containsExactly(false, false);
    assertThat(taken(HEAP, 8)).containsOnly(false);
  }
}
