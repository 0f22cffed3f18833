package io.plumbline.introspection.roots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.roots.HardwareRoot.Kind;
import io.plumbline.introspection.roots.MissingRoot.Reason;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RootReaderTest {
  private static final long TEXT = 0xffff_ffff_8100_0000L;
  private static final long TEXT_32 = 0xc100_0000L;
  private static final long IDT = 0xffff_fe00_0000_0000L;
  private static final int TRAP_DPL3 = 0xef;
  private static final int TASK = 0x85;
  private static final int TASK_AVAILABLE = 0x89;

  @Test
  void gatesAndSystemCallRegistersAreTheRootsOfALongModeGuest() {
    SyntheticGuest guest =
        longMode()
            .vcpu(3)
            .idtGate(0, TEXT)
            .rawGate(255, TEXT + 8, 0x10, TRAP_DPL3)
            .lstar(TEXT + 16)
            .cstar(TEXT + 24)
            .sysenter(TEXT + 32)
            .build();
    HardwareRoots found = read(guest);

    assertThat(found.roots())
        .containsExactly(
            root(Kind.IDT_GATE, 0, TEXT),
            root(Kind.IDT_GATE, 255, TEXT + 8),
            root(Kind.LSTAR, -1, TEXT + 16),
            root(Kind.CSTAR, -1, TEXT + 24),
            root(Kind.SYSENTER, -1, TEXT + 32));
    assertThat(found.gates())
        .containsExactly(
            new IdtGate(0, new GuestVirtualAddress(TEXT), 0x10, 0xe, 0, 0, true),
            new IdtGate(255, new GuestVirtualAddress(TEXT + 8), 0x10, 0xf, 3, 0, true));
    assertThat(found.missing()).isEmpty();
    assertThat(found.inert()).isEmpty();
    assertThat(found.taskState().orElseThrow().rsp()).startsWith(IDT + 0x3000);
    assertThat(found.taskState().orElseThrow().ist()).hasSize(7).startsWith(IDT + 0xb000);
    assertThat(found.consulted())
        .containsExactlyInAnyOrder(
            frame(guest, IDT), frame(guest, IDT + 0x1000), frame(guest, IDT + 0x3000));
  }

  private static HardwareRoot root(Kind kind, int vector, long target) {
    return new HardwareRoot(kind, 3, vector, new GuestVirtualAddress(target));
  }

  private static FrameNumber frame(SyntheticGuest guest, long va) {
    return new FrameNumber(guest.mappedAt(va).orElseThrow().frame());
  }

  @Test
  void a32BitGateIsTakenRelativeToItsCodeSegment() {
    SyntheticGuestBuilder builder =
        SyntheticGuest.pae().code(TEXT_32, 0xc3).idtGate(0, TEXT_32).sysenter(TEXT_32 + 4);
    SyntheticGuest flat = builder.build();
    // Byte 2 of the descriptor at selector 10h is the lowest byte of its base.
    SyntheticGuest moved = patched(flat, flat.vcpu().gdtr().base().value() + 0x12, 0x20);

    assertThat(read(flat).roots())
        .extracting(HardwareRoot::kind, root -> root.target().value())
        .containsExactly(tuple(Kind.IDT_GATE, TEXT_32), tuple(Kind.SYSENTER, TEXT_32 + 4));
    assertThat(read(moved).roots())
        .extracting(root -> root.target().value())
        .containsExactly(TEXT_32 + 0x20, TEXT_32 + 4);
    assertThat(read(flat).taskState()).isEmpty();
  }

  private static SyntheticGuest patched(SyntheticGuest guest, long va, int value) {
    byte[] page =
        guest.addressSpace().readPage(new GuestVirtualAddress(va)).orElseThrow().toByteArray();
    page[(int) va & 0xfff] = (byte) value;
    return withFrame(guest, guest.addressSpace().translateToFrame(va), page);
  }

  private static SyntheticGuest withFrame(SyntheticGuest guest, long number, byte[] content) {
    PageBytes page = PageBytes.wrap(content);
    return new SyntheticGuest(
        frame -> frame.value() == number ? Optional.of(page) : guest.pages().read(frame),
        guest.vcpu(),
        guest.mapped());
  }

  @Test
  void a32BitGateWithoutACodeSegmentIsMissing() {
    HardwareRoots found =
        read(
            SyntheticGuest.bits32()
                .code(TEXT_32, 0xc3)
                .rawGate(1, TEXT_32, 0x28, 0x8e)
                .rawGate(2, TEXT_32, 0, 0x8e)
                .rawGate(3, TEXT_32, 0xfff8, 0x8e)
                .build());

    assertThat(found.roots()).isEmpty();
    assertThat(found.missing())
        .extracting(MissingRoot::vector, MissingRoot::reason)
        .containsExactly(
            tuple(1, Reason.NO_CODE_SEGMENT),
            tuple(2, Reason.NO_CODE_SEGMENT),
            tuple(3, Reason.NO_CODE_SEGMENT));
  }

  @Test
  void aTaskGateIsMissingIn32BitModeAndNoGateInLongMode() {
    HardwareRoots bits32 =
        read(SyntheticGuest.pae().code(TEXT_32, 0xc3).rawGate(8, 0, 0x40, TASK).build());
    HardwareRoots bits64 = read(longMode().rawGate(8, TEXT, 0x40, TASK).build());

    assertThat(bits32.missing())
        .containsExactly(new MissingRoot(Kind.IDT_GATE, 0, 8, Reason.TASK_GATE));
    assertThat(bits64.missing()).isEmpty();
    assertThat(bits64.roots()).isEmpty();
    assertThat(bits64.gates())
        .singleElement()
        .matches(g -> g.kind(true) == IdtGate.Kind.NOT_A_GATE);
  }

  @Test
  void aTaskGateEntersWhereItsTaskStateSegmentSays() {
    SyntheticGuest guest =
        SyntheticGuest.pae().code(TEXT_32, 0xc3).rawGate(8, 0, 0x48, TASK).build();
    long cr3 = guest.vcpu().control().cr3();

    HardwareRoots followed = read(withTask(guest, cr3, TASK_AVAILABLE));
    assertThat(followed.roots())
        .containsExactly(
            new HardwareRoot(Kind.IDT_GATE, 0, 8, new GuestVirtualAddress(TEXT_32 + 6)));
    assertThat(followed.missing()).isEmpty();
    assertThat(followed.consulted()).contains(frame(guest, guest.vcpu().tr().base()));
    // Other page tables, of which nothing at the entry is known; a 16-bit TSS; a call gate.
    for (SyntheticGuest other :
        List.of(
            withTask(guest, cr3 + 0x1000, TASK_AVAILABLE),
            withTask(guest, cr3, 0x81),
            withTask(guest, cr3, 0x8c))) {
      assertThat(read(other).roots()).isEmpty();
      assertThat(read(other).missing())
          .containsExactly(new MissingRoot(Kind.IDT_GATE, 0, 8, Reason.TASK_GATE));
    }
  }

  /** A descriptor at selector 48h for a task that begins at TEXT_32 + 6. */
  private static SyntheticGuest withTask(SyntheticGuest guest, long cr3, int access) {
    long base = guest.vcpu().tr().base();
    long gdt = guest.vcpu().gdtr().base().value();
    long descriptor =
        103 | (base & 0xff_ffff) << 16 | (long) access << 40 | (base >>> 24 & 0xff) << 56;
    SyntheticGuest described =
        edited(guest, gdt, page -> page.putLong((int) (gdt & 0xfff) + 0x48, descriptor));
    int tss = (int) (base & 0xfff);
    return edited(
        described,
        base,
        page ->
            page.putInt(tss + 28, (int) cr3)
                .putInt(tss + 32, (int) TEXT_32 + 6)
                .putInt(tss + 76, 0x10));
  }

  private static SyntheticGuest edited(SyntheticGuest guest, long va, Consumer<ByteBuffer> edit) {
    byte[] page =
        guest.addressSpace().readPage(new GuestVirtualAddress(va)).orElseThrow().toByteArray();
    edit.accept(ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN));
    return withFrame(guest, guest.addressSpace().translateToFrame(va), page);
  }

  @ParameterizedTest
  @CsvSource({
    "0x0e, not present",
    "0x86, a 16-bit gate in long mode",
    "0x8c, a call gate",
    "0x9e, S set: a code segment",
    "0x80, nothing",
  })
  void whatIsNoLiveGateIsReportedButNoRoot(int access, String what) {
    HardwareRoots found = read(longMode().rawGate(7, TEXT, 0x10, access).build());

    assertThat(found.roots()).as(what).isEmpty();
    assertThat(found.missing()).as(what).isEmpty();
    assertThat(found.gates()).as(what).hasSize(1);
  }

  @Test
  void entriesThatFaultAreInert() {
    HardwareRoots found =
        read(
            longMode()
                .data(TEXT + 0x1000, 1)
                .idtGate(1, TEXT + 0x1000)
                .idtGate(2, TEXT + 0x5000)
                .idtGate(3, 0x00ff_0000_0000_0000L)
                .cstar(TEXT + 0x1000)
                .lstar(TEXT)
                .build());

    assertThat(found.inert())
        .extracting(HardwareRoot::kind, HardwareRoot::vector)
        .containsExactly(
            tuple(Kind.IDT_GATE, 1),
            tuple(Kind.IDT_GATE, 2),
            tuple(Kind.IDT_GATE, 3),
            tuple(Kind.CSTAR, -1));
    assertThat(found.roots()).extracting(HardwareRoot::kind).containsExactly(Kind.LSTAR);
  }

  @Test
  void aTargetBehindAnUnreadableTableIsMissingAndNotInert() {
    SyntheticGuestBuilder builder = longMode().code(0xffff_ffff_c000_0000L, 0xc3);
    long table = builder.tableFrame(0xffff_ffff_c000_0000L, 1);
    HardwareRoots found = read(builder.lstar(0xffff_ffff_c000_0000L).forget(table).build());

    assertThat(found.missing())
        .containsExactly(new MissingRoot(Kind.LSTAR, 0, -1, Reason.UNREADABLE));
  }

  @Test
  void anIdtThatCannotBeReadIsMissingVectorByVector() {
    SyntheticGuestBuilder builder = longMode().idtGate(0, TEXT).idtGate(255, TEXT);
    long idtFrame = builder.build().mappedAt(IDT).orElseThrow().frame();

    HardwareRoots unreadable = read(builder.forget(idtFrame).build());
    HardwareRoots unmapped = read(builder.editEntry(IDT, 1, entry -> 0).build());

    assertThat(unreadable.missing()).hasSize(256).allMatch(m -> m.reason() == Reason.UNREADABLE);
    assertThat(unmapped.missing()).hasSize(256).allMatch(m -> m.reason() == Reason.NOT_MAPPED);
    assertThat(unreadable.consulted()).contains(new FrameNumber(idtFrame));
  }

  @Test
  void gatesBeyondTheLimitDoNotCount() {
    HardwareRoots found =
        read(longMode().idtGate(15, TEXT).idtGate(16, TEXT).gatesInLimit(16).build());

    assertThat(found.gates()).extracting(IdtGate::vector).containsExactly(15);
  }

  @Test
  void registersThatAreNotInTheImageAreMissingRoots() {
    HardwareRoots found = read(longMode().idtGate(0, TEXT).lstar(TEXT).withoutMsrs().build());

    assertThat(found.missing())
        .extracting(MissingRoot::kind)
        .containsExactly(Kind.LSTAR, Kind.CSTAR, Kind.SYSENTER);
    assertThat(found.missing()).allMatch(missing -> missing.reason() == Reason.NOT_IN_IMAGE);
    assertThat(found.roots()).extracting(HardwareRoot::kind).containsExactly(Kind.IDT_GATE);
  }

  @Test
  void syscallRegistersAreDeadWhileSyscallIsOff() {
    assertThat(read(longMode().lstar(TEXT).cstar(TEXT).withoutSyscall().build()).roots()).isEmpty();
    assertThat(read(SyntheticGuest.pae().code(TEXT_32, 0xc3).lstar(TEXT_32).build()).roots())
        .isEmpty();
  }

  @Test
  void withFredTheIdtAndTheSyscallRegistersAreDead() {
    HardwareRoots found = read(longMode().idtGate(0, TEXT).lstar(TEXT).fred().build());

    assertThat(found.roots()).isEmpty();
    assertThat(found.gates()).hasSize(1);
    assertThat(found.missing())
        .containsExactly(new MissingRoot(Kind.FRED, 0, -1, Reason.NOT_IN_IMAGE));
  }

  @Test
  void withoutPagingTheTablesAreReadAtTheirPhysicalAddress() {
    HardwareRoots found =
        read(SyntheticGuest.unpaged().code(0x10_0000, 0xf4).idtGate(0, 0x10_0000).build());

    assertThat(found.roots()).singleElement().matches(r -> r.target().value() == 0x10_0000);
  }

  @Test
  void nonsenseInTheIdtIsDataAndNeverAnException() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      SyntheticGuestBuilder builder = seed % 2 == 0 ? longMode() : SyntheticGuest.pae();
      builder.idtGate(0, TEXT);
      byte[] noise = new byte[4096];
      random.nextBytes(noise);
      SyntheticGuest clean = builder.build();
      long idt = clean.mappedAt(clean.vcpu().idtr().base().value()).orElseThrow().frame();
      SyntheticGuest guest = withFrame(clean, idt, noise);
      HardwareRoots found = read(guest);

      assertThat(found.gates().size()).as("seed %d", seed).isBetween(200, 256);
      assertThat(found.roots().size() + found.inert().size() + found.missing().size())
          .as("seed %d", seed)
          .isLessThanOrEqualTo(found.gates().size());
    }
  }

  private static SyntheticGuestBuilder longMode() {
    return SyntheticGuest.longMode().code(TEXT, 0xc3);
  }

  private static HardwareRoots read(SyntheticGuest guest) {
    return RootReader.read(guest.vcpu(), guest.addressSpace());
  }
}
