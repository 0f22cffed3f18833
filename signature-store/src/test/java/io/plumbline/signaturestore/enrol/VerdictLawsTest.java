package io.plumbline.signaturestore.enrol;

import static io.plumbline.introspection.testing.SyntheticKernel.FIRST_CALL_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.UNREACHED;
import static io.plumbline.introspection.testing.SyntheticKernel.function;
import static io.plumbline.introspection.testing.SyntheticKernel.handler;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.reach.ConsultedFrames;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticKernel;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Laws of verdicts: what they may rest on, and what they must say when something is missing. */
class VerdictLawsTest {
  private static final long SEED = 3;
  private static final long BASE = 0xffff_ffff_8100_0000L;

  private final SyntheticKernel kernel = SyntheticKernel.longMode(SEED);
  private EnrolledSignature signature;

  @BeforeEach
  void enrol() throws EnrolmentException {
    signature = TinyGuests.enrol(TinyGuests.guest(SyntheticKernel.longMode(SEED)));
  }

  @Test
  void anyVectorNamesTheBuild() {
    for (int vector : SyntheticKernel.VECTORS) {
      Verdict verdict =
          TinyGuests.judge(OptionalInt.of(vector), TinyGuests.guest(kernel), signature);

      assertThat(verdict.identity().state()).isEqualTo(Identity.State.EXACT);
      assertThat(verdict.identity().vector()).isEqualTo(vector);
      assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
    }
  }

  @Test
  void aTamperedGuestIsStillNamedByItsNearestBuildAndTheRunnerUpIsSaid() throws EnrolmentException {
    EnrolledSignature other =
        TinyGuests.enrol("tiny-2", TinyGuests.guest(SyntheticKernel.longMode(99)));
    Verdict verdict =
        TinyGuests.judge(
            OptionalInt.of(0),
            TinyGuests.guest(kernel.patch(function(30), 0xcc)),
            other,
            signature);

    assertThat(verdict.identity().state()).isEqualTo(Identity.State.NEAREST);
    assertThat(verdict.identity().build()).contains(signature.name());
    assertThat(verdict.identity().distance()).isEqualTo(1);
    assertThat(verdict.identity().runnerUp().orElseThrow().build()).isEqualTo(other.name());
    assertThat(verdict.identity().runnerUp().orElseThrow().distance()).isEqualTo(31);
  }

  @Test
  void anotherBuildIsUnknownAndUndecided() {
    Verdict verdict = TinyGuests.judge(TinyGuests.guest(SyntheticKernel.longMode(4)), signature);

    assertThat(verdict.identity().state()).isEqualTo(Identity.State.UNKNOWN);
    assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
    assertThat(verdict.findings()).isEmpty();
    assertThat(TinyGuests.judge(TinyGuests.guest(kernel)).trust()).isEqualTo(TrustState.UNDECIDED);
  }

  @Test
  void whenTheFirstVectorsGateWasMovedAnotherNamesTheBuild() {
    Verdict verdict =
        TinyGuests.judge(
            TinyGuests.guest(
                kernel.guest(BASE).code(BASE + 0x80_0000, 0xc3).idtGate(0, BASE + 0x80_0000)),
            signature);

    assertThat(verdict.identity().state()).isEqualTo(Identity.State.EXACT);
    assertThat(verdict.identity().vector()).isEqualTo(14);
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }

  @Test
  void aPageThatNobodyCanReachChangesNoVerdict() {
    Random random = new Random(SEED);
    Verdict clean = judge(kernel.guest(BASE));
    for (int round = 0; round < 20; round++) {
      int at = UNREACHED + random.nextInt(0xff0);
      SyntheticKernel changed =
          SyntheticKernel.longMode(SEED).patch(at, random.ints(16, 0, 256).toArray());
      assertSameVerdict("seed " + SEED + " round " + round, judge(changed.guest(BASE)), clean);
    }
  }

  @Test
  void everyUnreadableExecutablePageKeepsAGuestFromBeingTrusted() {
    for (int page = 0; page < SyntheticKernel.TEXT_BYTES; page += 0x1000) {
      SyntheticGuestBuilder guest = kernel.guest(BASE);
      forget(guest, BASE + page);
      Verdict verdict = judge(guest);

      assertThat(verdict.trust()).as("page %x", page).isEqualTo(TrustState.UNDECIDED);
      assertThat(verdict.blindSpots()).anyMatch(spot -> spot.contains("cannot be read"));
      if (page > 0) {
        assertThat(verdict.findings())
            .extracting(finding -> finding.type())
            .containsExactly(FindingType.UNREADABLE);
      }
    }
  }

  @Test
  void anUnreadablePageOfAPointerTableIsUnreadableAndNotTrusted() {
    for (long at : new long[] {BASE + kernel.table(), BASE + kernel.table() + 0x1000}) {
      SyntheticGuestBuilder guest = kernel.guest(BASE);
      forget(guest, at);
      Verdict verdict = judge(guest);

      assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
      assertThat(verdict.findings())
          .extracting(finding -> finding.type())
          .containsExactly(FindingType.UNREADABLE);
    }
  }

  @Test
  void anyUnreadableFrameThatAVerdictRestsOnKeepsAGuestFromBeingTrusted() {
    Guest clean = TinyGuests.guest(kernel);
    for (FrameNumber frame : necessary(clean)) {
      PageSource without =
          asked -> asked.equals(frame) ? Optional.empty() : clean.memory().read(asked);
      Verdict verdict =
          TinyGuests.judge(new Guest(TinyGuests.VM, without, clean.vcpus()), signature);

      assertThat(verdict.trust()).as("without frame %s", frame).isNotEqualTo(TrustState.TRUSTED);
      assertThat(verdict.trust()).as("without frame %s", frame).isNotEqualTo(TrustState.VIOLATED);
      assertThat(verdict.blindSpots().size() + verdict.findings().size())
          .as("without frame %s", frame)
          .isPositive();
    }
  }

  /**
   * What was asked for, less the pages behind the last entry of a pointer table and the GDT, and
   * less the kernel's variables: they lead to code, and no verdict rests on them.
   */
  private Set<FrameNumber> necessary(Guest guest) {
    Set<FrameNumber> asked = new TreeSet<>();
    PageSource noting =
        frame -> {
          asked.add(frame);
          return guest.memory().read(frame);
        };
    TinyGuests.judge(new Guest(TinyGuests.VM, noting, guest.vcpus()), signature);
    SyntheticGuestBuilder builder = kernel.guest(BASE);
    long tables = guest.vcpus().get(0).gdtr().base().value();
    asked.remove(frameAt(builder, tables));
    asked.remove(frameAt(builder, guest.vcpus().get(0).tr().base()));
    builder.build().mapped().stream()
        .filter(
            page ->
                page.rights().equals(Rights.KERNEL_DATA)
                    && page.covers(BASE + SyntheticKernel.DATA))
        .forEach(page -> asked.remove(new FrameNumber(page.frame())));
    return asked;
  }

  @Test
  void withoutModelSpecificRegistersAGuestIsUndecidedAndEachBlindSpotIsSaid() {
    Verdict verdict = judge(kernel.guest(BASE).withoutMsrs());

    assertThat(verdict.identity().state()).isEqualTo(Identity.State.EXACT);
    assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
    assertThat(verdict.blindSpots())
        .anyMatch(spot -> spot.contains("vCPU 0: LSTAR is unknown"))
        .anyMatch(spot -> spot.contains("SYSENTER"));
  }

  @Test
  void aVcpuOnUserTablesIsPassedOverForOneInTheKernel() {
    Guest inKernel = TinyGuests.guest(kernel);
    SyntheticGuestBuilder user = kernel.guest(BASE).vcpu(1);
    // Without its own top table mapped, an address space is one made for user mode.
    user.editEntry(0xffff_8880_0000_0000L, 1, entry -> 0);
    Guest onUserTables = TinyGuests.guest(user);
    Verdict alone = TinyGuests.judge(onUserTables, signature);

    assertThat(alone.trust()).isEqualTo(TrustState.NOT_MEASURABLE);
    assertThat(alone.blindSpots()).singleElement().asString().contains("user page tables");
    Guest both =
        new Guest(
            TinyGuests.VM,
            inKernel.memory(),
            List.of(onEmptyTables(onUserTables), inKernel.vcpus().get(0)));
    assertThat(TinyGuests.judge(both, signature).identity().state())
        .isEqualTo(Identity.State.EXACT);
  }

  /** The registers of a vCPU whose CR3 names an empty table, in front of the kernel's memory. */
  private static VcpuState onEmptyTables(Guest user) {
    VcpuState vcpu = user.vcpus().get(0);
    ControlRegisters control = vcpu.control();
    return new VcpuState(
        1,
        new ControlRegisters(control.cr0(), control.cr2(), 0x800_0000L, control.cr4()),
        vcpu.general(),
        vcpu.es(),
        vcpu.cs(),
        vcpu.ss(),
        vcpu.ds(),
        vcpu.fs(),
        vcpu.gs(),
        vcpu.ldt(),
        vcpu.tr(),
        vcpu.gdtr(),
        vcpu.idtr(),
        vcpu.msrs(),
        vcpu.debug());
  }

  @Test
  void aGuestWithoutVcpusOrWithoutPagingIsNotMeasurable() {
    Guest clean = TinyGuests.guest(kernel);

    assertThat(
            TinyGuests.judge(new Guest(TinyGuests.VM, clean.memory(), List.of()), signature)
                .trust())
        .isEqualTo(TrustState.NOT_MEASURABLE);
    assertThat(judge(SyntheticGuest.unpaged().code(0x1000, 0xc3)).trust())
        .isEqualTo(TrustState.NOT_MEASURABLE);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void theConsultedFramesAloneGiveTheSameVerdictAsAllMemory(long seed) {
    Random random = new Random(seed);
    for (Guest guest : variety(random)) {
      Set<FrameNumber> consulted =
          ConsultedFrames.of(guest.memory(), guest.vcpus(), ExplorationBudget.STANDARD);
      PageSource only =
          frame -> consulted.contains(frame) ? guest.memory().read(frame) : Optional.empty();

      assertSameVerdict(
          "seed " + seed,
          TinyGuests.judge(new Guest(TinyGuests.VM, only, guest.vcpus()), signature),
          TinyGuests.judge(guest, signature));
    }
  }

  private static List<Guest> variety(Random random) {
    List<Guest> guests = new ArrayList<>();
    long base = BASE + ((long) random.nextInt(400) << 21);
    long evil = base + 0x80_0000;
    guests.add(TinyGuests.guest(tiny().guest(base)));
    guests.add(TinyGuests.guest(tiny().guest(base).withoutMsrs()));
    for (int index = 0; index < SyntheticKernel.TABLE_ENTRIES; index += 5) {
      guests.add(TinyGuests.guest(tiny().tableEntry(index, evil).guest(base)));
      guests.add(TinyGuests.guest(tiny().tableEntry(index, evil).guest(base).code(evil, 0xc3)));
    }
    guests.add(TinyGuests.guest(tiny().guest(base).code(evil, 0xc3).idtGate(14, evil)));
    guests.add(TinyGuests.guest(tiny().guest(base).idtGate(14, evil)));
    guests.add(TinyGuests.twoVcpus(tiny().guest(base), evil));
    for (int i = 0; i < 8; i++) {
      int at = function(random.nextInt(SyntheticKernel.FUNCTIONS)) + random.nextInt(37);
      guests.add(TinyGuests.guest(tiny().patch(at, random.nextInt(256)).guest(base)));
    }
    SyntheticGuestBuilder unreadable = tiny().guest(base);
    forget(unreadable, base + 0x1000);
    guests.add(TinyGuests.guest(unreadable));
    return guests;
  }

  @Test
  void everyByteOfReachedCodeThatIsChangedIsFoundUnlessTheCodeMeansTheSame() {
    int from = function(2);
    for (int at = from; at < from + 37; at++) {
      byte original = kernel.text(BASE)[at];
      for (int flip : new int[] {0x01, 0x10, 0x80, 0xff}) {
        Verdict verdict =
            judge(SyntheticKernel.longMode(SEED).patch(at, original ^ flip).guest(BASE));
        boolean operandOfANop = at - from >= 18 && at - from < 21;
        if (!operandOfANop) {
          assertThat(verdict.trust())
              .as("byte %d of the function, flipped by %x", at - from, flip)
              .isEqualTo(TrustState.VIOLATED);
        }
      }
    }
  }

  @Test
  void aGuestWithMoreCodeThanTheBudgetIsNeverTrusted() {
    ExplorationBudget small = new ExplorationBudget(1 << 20, 100, 16, 16);
    Verdict verdict =
        new KernelJudge(new JudgeSettings(small, OptionalInt.empty(), false), () -> 0)
            .judge(TinyGuests.guest(kernel), () -> List.of(signature));

    assertThat(verdict.trust()).isNotEqualTo(TrustState.TRUSTED);
    assertThat(verdict.blindSpots())
        .contains("a bound was reached: not all of the guest was looked at");
  }

  @Test
  void anEntryThatExhaustsItsShareOfTheBudgetDoesNotKeepAnotherFromNamingTheBuild() {
    byte[] endless = new byte[0x4000];
    Arrays.fill(endless, (byte) 0x90);
    long bomb = 0xffff_ffff_c000_0000L;
    SyntheticGuestBuilder guest =
        kernel.guest(BASE).place(bomb, endless, Rights.KERNEL_CODE).idtGate(0, bomb);
    ExplorationBudget small = new ExplorationBudget(1 << 20, 8000, 64, 64);
    Verdict verdict =
        new KernelJudge(new JudgeSettings(small, OptionalInt.empty(), false), () -> 0)
            .judge(TinyGuests.guest(guest), () -> List.of(signature));

    assertThat(verdict.identity().state()).isEqualTo(Identity.State.EXACT);
    assertThat(verdict.identity().vector()).isEqualTo(14);
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }

  @Test
  void theVerdictIsTheSameEachTime() {
    kernel.patch(function(8) + FIRST_CALL_AT, 0xcc).patch(handler(13), 0xcc);
    assertSameVerdict("again", judge(kernel.guest(BASE)), judge(kernel.guest(BASE)));
  }

  private static SyntheticKernel tiny() {
    return SyntheticKernel.longMode(SEED);
  }

  private Verdict judge(SyntheticGuestBuilder guest) {
    return TinyGuests.judge(TinyGuests.guest(guest), signature);
  }

  private static void forget(SyntheticGuestBuilder guest, long va) {
    guest.forget(frameAt(guest, va).value());
  }

  private static FrameNumber frameAt(SyntheticGuestBuilder guest, long va) {
    return new FrameNumber(guest.build().mappedAt(va).orElseThrow().frame());
  }

  private static void assertSameVerdict(String what, Verdict actual, Verdict expected) {
    assertThat(actual.trust()).as(what).isEqualTo(expected.trust());
    assertThat(actual.identity()).as(what).isEqualTo(expected.identity());
    assertThat(actual.findings()).as(what).isEqualTo(expected.findings());
    assertThat(actual.blindSpots()).as(what).isEqualTo(expected.blindSpots());
    assertThat(actual.coverage().directBytes())
        .as(what)
        .isEqualTo(expected.coverage().directBytes());
    assertThat(actual.coverage().verifiedBytes())
        .as(what)
        .isEqualTo(expected.coverage().verifiedBytes());
  }
}
