package io.plumbline.introspection.paging;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EntryRulesTest {
  private static final long VA = 0xffff_ffff_8100_0000L;
  private static final long NX = 1L << 63;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void aRightMissingAtAnyLevelIsMissing(int level) {
    Rights all = Rights.EVERYTHING;
    assertThat(rights(five(all).restrict(VA, level, Rights.USER_CODE))).isEqualTo(Rights.USER_CODE);
    assertThat(rights(five(all).restrict(VA, level, Rights.USER_DATA))).isEqualTo(Rights.USER_DATA);
    assertThat(rights(five(all).restrict(VA, level, new Rights(false, true, true))))
        .isEqualTo(new Rights(false, true, true));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void anEntryThatIsNotPresentEndsTheWalkAtItsLevel(int level) {
    assertThat(translate(five(Rights.KERNEL_CODE).editEntry(VA, level, entry -> entry & ~1)))
        .isEqualTo(new Translation.NotMapped(level));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void anUnreadableTableIsNotTakenForAnUnmappedPage(int level) {
    SyntheticGuestBuilder guest = five(Rights.KERNEL_CODE);
    long table = guest.tableFrame(VA, level);

    assertThat(translate(guest.forget(table)))
        .isEqualTo(new Translation.Unreadable(new FrameNumber(table), level));
  }

  @ParameterizedTest
  @CsvSource({
    "5, 0x80, a PML5E has no PS",
    "4, 0x80, a PML4E has no PS",
    "3, 0x2080, bit 13 in a PDPTE of 1 GiB",
    "3, 0x20000080, bit 29 in a PDPTE of 1 GiB",
    "2, 0x2080, bit 13 in a PDE of 2 MiB",
    "2, 0x100080, bit 20 in a PDE of 2 MiB",
  })
  void reservedBitsAreToldInLongMode(int level, long bits, String why) {
    SyntheticGuestBuilder guest = five(Rights.KERNEL_CODE);
    FrameNumber table = new FrameNumber(guest.tableFrame(VA, level));

    assertThat(translate(guest.editEntry(VA, level, entry -> entry | bits)))
        .as(why)
        .isEqualTo(new Translation.Malformed(table, level));
  }

  @ParameterizedTest
  @CsvSource({
    "3, 0x2, R/W in a PDPTE",
    "3, 0x80, PS in a PDPTE",
    "3, 0x8000000000000000, XD in a PDPTE",
    "2, 0x0010000000000000, bit 52 in a PDE",
    "1, 0x4000000000000000, bit 62 in a PTE",
  })
  void reservedBitsAreToldInPae(int level, String bits, String why) {
    long va = 0xc100_0000L;
    SyntheticGuest guest =
        SyntheticGuest.pae()
            .code(va, 0xc3)
            .editEntry(va, level, entry -> entry | Long.parseUnsignedLong(bits.substring(2), 16))
            .build();

    assertThat(guest.addressSpace().translate(new GuestVirtualAddress(va)))
        .as(why)
        .isInstanceOfSatisfying(
            Translation.Malformed.class, found -> assertThat(found.level()).isEqualTo(level));
  }

  /** No processor sets it there, but emulated ones do. */
  @Test
  void anAccessedBitInAPdpteOfPaeIsNoReservedBit() {
    long va = 0xc100_0000L;
    SyntheticGuest guest =
        SyntheticGuest.pae().code(va, 0xc3).editEntry(va, 3, entry -> entry | 0x20).build();

    assertThat(guest.addressSpace().translate(new GuestVirtualAddress(va)))
        .isInstanceOf(Translation.Mapped.class);
  }

  @Test
  void bit63IsReservedWhileNoExecuteIsOff() {
    assertThat(translate(five(Rights.KERNEL_CODE).withoutNoExecute().editEntry(VA, 2, e -> e | NX)))
        .isInstanceOf(Translation.Malformed.class);
  }

  @Test
  void withoutMsrsBit63ForbidsExecution() {
    assertThat(rights(five(Rights.KERNEL_DATA).withoutMsrs())).isEqualTo(Rights.KERNEL_DATA);
  }

  @Test
  void controlBitsDecideWhetherTheSupervisorObeys() {
    AddressSpace strict = five(Rights.KERNEL_CODE).build().addressSpace();
    AddressSpace lax =
        five(Rights.KERNEL_CODE).withoutSmep().withoutWriteProtect().build().addressSpace();

    assertThat(strict.supervisorMayExecute(Rights.USER_CODE)).isFalse();
    assertThat(strict.supervisorMayExecute(Rights.KERNEL_CODE)).isTrue();
    assertThat(strict.supervisorMayWrite(Rights.KERNEL_CODE)).isFalse();
    assertThat(lax.supervisorMayExecute(Rights.USER_CODE)).isTrue();
    assertThat(lax.supervisorMayExecute(Rights.KERNEL_DATA)).isFalse();
    assertThat(lax.supervisorMayWrite(Rights.KERNEL_CODE)).isTrue();
  }

  private static SyntheticGuestBuilder five(Rights rights) {
    return SyntheticGuest.fiveLevel().place(VA, new byte[] {1}, rights);
  }

  private static Translation translate(SyntheticGuestBuilder guest) {
    return guest.build().addressSpace().translate(new GuestVirtualAddress(VA));
  }

  private static Rights rights(SyntheticGuestBuilder guest) {
    return ((Translation.Mapped) translate(guest)).rights();
  }
}
