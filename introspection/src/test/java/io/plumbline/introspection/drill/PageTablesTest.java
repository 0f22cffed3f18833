package io.plumbline.introspection.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestPhysicalAddress;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.paging.Translation;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Edits of page tables: what they change, and that they change nothing else. */
class PageTablesTest {
  private static final long KERNEL = 0xffffffff81000000L;
  private static final long GIB = 0xffff888000000000L;
  private static final long PAGE = 0x1000;
  private static final long SEED = 20_261_127;

  private TamperedMemory memory;
  private AddressSpace space;

  private PageTables tables(SyntheticGuest guest) {
    memory = new TamperedMemory(guest.pages());
    space = AddressSpace.of(guest.vcpu(), memory);
    return new PageTables(space, memory);
  }

  private static SyntheticGuestBuilder withPage(long va, int level, Rights rights) {
    return SyntheticGuest.longMode().page(va, level, rights).data(KERNEL + 0x40000000L, 1);
  }

  private Translation at(long va) {
    return space.translate(new GuestVirtualAddress(va));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void onePageOfALargeOneIsChangedAndAllOthersStayAsTheyWere(int level) {
    long va = level == 3 ? GIB : KERNEL;
    SyntheticGuest guest = withPage(va, level, Rights.KERNEL_CODE).build();
    long span = guest.mappedAt(va).orElseThrow().size();
    PageTables tables = tables(guest);
    long changed = va + span / 2 & -PAGE;

    tables.edit(changed, entry -> entry | PageTables.WRITABLE);

    assertThat(at(changed))
        .isEqualTo(
            new Translation.Mapped(
                new GuestPhysicalAddress(guest.mappedAt(va).orElseThrow().frameAt(changed) << 12),
                PAGE,
                new Rights(false, true, true)));
    Random random = new Random(SEED);
    for (int probe = 0; probe < 500; probe++) {
      long other = va + (random.nextLong() & span - 1);
      if ((other & -PAGE) != changed) {
        Translation.Mapped mapped = (Translation.Mapped) at(other);
        long frame = guest.mappedAt(other).orElseThrow().frameAt(other);
        assertThat(mapped.frame().value()).as("%#x", other).isEqualTo(frame);
        assertThat(mapped.rights()).as("%#x", other).isEqualTo(Rights.KERNEL_CODE);
      }
    }
    assertThat(guest.addressSpace().translate(new GuestVirtualAddress(changed)))
        .as("the guest itself")
        .extracting(seen -> ((Translation.Mapped) seen).rights())
        .isEqualTo(Rights.KERNEL_CODE);
  }

  @Test
  void theTypeOfMemoryOfALargePageGoesWithItsPages() {
    long pat = 1 << 12;
    long pageSize = 1 << 7;
    SyntheticGuest guest =
        withPage(KERNEL, 2, Rights.KERNEL_DATA).editEntry(KERNEL, 2, entry -> entry | pat).build();
    PageTables tables = tables(guest);
    tables.edit(KERNEL, entry -> entry);

    long entry = tables.mapping(KERNEL + PAGE).orElseThrow().value();
    assertThat(entry & pageSize).as("bit 7 is PAT in the last level").isEqualTo(pageSize);
    assertThat(entry & pat).as("the second page's address").isEqualTo(pat);
    assertThat(((Translation.Mapped) at(KERNEL + PAGE)).frame().value())
        .isEqualTo(guest.mappedAt(KERNEL).orElseThrow().frameAt(KERNEL) + 1);
  }

  @Test
  void aPageIsMappedWhereNoTableWas() {
    for (SyntheticGuestBuilder builder :
        List.of(SyntheticGuest.longMode(), SyntheticGuest.fiveLevel())) {
      PageTables tables = tables(builder.code(KERNEL, 0xc3).build());
      FrameNumber frame = memory.fresh();
      tables.map(0x7000_0000_0000L, frame, 0);

      assertThat(at(0x7000_0000_0123L))
          .isEqualTo(
              new Translation.Mapped(
                  new GuestPhysicalAddress(frame.start().value() + 0x123),
                  PAGE,
                  Rights.KERNEL_CODE));
      assertThat(at(0x7000_0000_1000L)).isInstanceOf(Translation.NotMapped.class);
      assertThat(at(KERNEL)).isInstanceOf(Translation.Mapped.class);
    }
  }

  @Test
  void nothingIsMappedOverWhatIsMapped() {
    PageTables tables = tables(withPage(KERNEL, 2, Rights.KERNEL_CODE).build());
    FrameNumber frame = memory.fresh();
    assertThatThrownBy(() -> tables.map(KERNEL + 5 * PAGE, frame, 0))
        .isInstanceOf(NoPlaceException.class)
        .hasMessage("0xffffffff81005000 cannot be mapped");
  }

  @Test
  void whatIsNotMappedCannotBeEdited() {
    PageTables tables = tables(withPage(KERNEL, 2, Rights.KERNEL_CODE).build());
    assertThatThrownBy(() -> tables.edit(0x400000, entry -> entry))
        .isInstanceOf(NoPlaceException.class)
        .hasMessage("0x400000 is not mapped");
  }

  @Test
  void tablesOf32BitsAreRefused() {
    PageTables tables = tables(SyntheticGuest.bits32().code(0xc0100000L, 0xc3).build());
    assertThatThrownBy(() -> tables.edit(0xc0100000L, entry -> entry))
        .isInstanceOf(NoPlaceException.class)
        .hasMessageContaining("8 bytes");
  }

  @Test
  void theFirstPageOfAProcessIsFound() {
    PageTables none = tables(SyntheticGuest.longMode().code(0x1000, 0xc3).build());
    assertThat(none.userPage()).isEmpty();

    PageTables some =
        tables(
            SyntheticGuest.longMode()
                .code(0x1000, 0xc3)
                .page(0x7f1234567000L, 1, Rights.USER_DATA)
                .page(0x600000, 2, Rights.USER_CODE)
                .build());
    assertThat(some.userPage()).hasValue(0x600000);
  }

  @Test
  void theEntriesToAnAddressEndWithTheOneThatMapsIt() {
    SyntheticGuest guest = withPage(KERNEL, 2, Rights.KERNEL_CODE).build();
    tables(guest);

    assertThat(space.entriesTo(new GuestVirtualAddress(KERNEL)))
        .extracting(entry -> entry.level().number())
        .containsExactly(4, 3, 2);
    assertThat(space.entriesTo(new GuestVirtualAddress(0))).hasSize(1);
    assertThat(space.entriesTo(new GuestVirtualAddress(1L << 60))).isEmpty();
  }
}
