package io.plumbline.signaturestore.enrol;

import static io.plumbline.introspection.testing.SyntheticKernel.BOOT_POINTER_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.BOOT_SHIFT_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.CONSTANT_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.FIRST_CALL_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.LOCK_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.NOP_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.SECOND_CALL_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.function;
import static io.plumbline.introspection.testing.SyntheticKernel.systemCallEntry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.FieldRule;
import io.plumbline.introspection.testing.SyntheticKernel;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What enrolment learns from several boots of one build, and what it does not. */
class LearntVariantsTest {
  private static final long SEED = 2;
  private static final long BASE = 0xffff_ffff_8100_0000L;
  private static final int[] NOP = {0x0f, 0x1f, 0x44, 0x00, 0x00};

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 31, 400, -3})
  void aMovedGuestIsTrustedAtItsSlide(long steps) throws EnrolmentException {
    long slide = steps << 21;
    Verdict verdict =
        TinyGuests.judge(
            TinyGuests.guest(kernel().guest(BASE + slide)), TinyGuests.enrol(at(BASE)));

    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(verdict.identity().slide()).isEqualTo(slide);
    assertThat(verdict.findings()).isEmpty();
  }

  @Test
  void lockMayBecomeDsAndNopsMayBeCutAnyWay() throws EnrolmentException {
    SyntheticKernel other =
        kernel()
            .patch(function(3) + LOCK_AT, 0x3e)
            .patch(function(4) + NOP_AT, 0x90, 0x66, 0x90, 0x66, 0x90)
            .patch(function(5) + NOP_AT, 0x0f, 0x1f, 0x40, 0x00, 0x90);
    Verdict verdict =
        TinyGuests.judge(TinyGuests.guest(other.guest(BASE)), TinyGuests.enrol(at(BASE)));

    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
  }

  @Test
  void anUnseenCombinationOfSeenVariantsIsTrusted() throws EnrolmentException {
    EnrolledSignature both =
        TinyGuests.enrol(at(BASE), patched(BASE, 1, 2, 3), patched(BASE + (5L << 21), 4));

    for (Guest guest : List.of(patched(BASE, 1, 4), patched(BASE + (9L << 21), 2), at(BASE))) {
      assertThat(TinyGuests.judge(guest, both).trust()).isEqualTo(TrustState.TRUSTED);
    }
  }

  @Test
  void anUnseenInstructionIsRefusedAlthoughItIsLegalElsewhere() throws EnrolmentException {
    EnrolledSignature signature = TinyGuests.enrol(at(BASE), patched(BASE, 1, 2, 3));
    Verdict verdict = TinyGuests.judge(patched(BASE, 1, 5), signature);

    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
    assertThat(verdict.findings())
        .singleElement()
        .satisfies(
            finding ->
                assertThat(finding.address().value())
                    .isEqualTo(BASE + function(5) + FIRST_CALL_AT));
  }

  @Test
  void whatIsLearntDoesNotDependOnTheOrderOfTheGuestsAfterTheFirst() throws EnrolmentException {
    Guest a = patched(BASE + (3L << 21), 1, 2);
    Guest b = patched(BASE + (8L << 21), 4);
    Guest c = at(BASE + (64L << 21));
    List<Guest> probes = List.of(patched(BASE, 1, 4), patched(BASE, 2), patched(BASE, 6));
    EnrolledSignature one = TinyGuests.enrol(at(BASE), a, b, c);
    EnrolledSignature two = TinyGuests.enrol(at(BASE), c, b, a);

    assertThat(one.functionDigests()).isEqualTo(two.functionDigests());
    assertThat(one.code().text()).isEqualTo(two.code().text());
    assertThat(one.code().variants().keySet()).isEqualTo(two.code().variants().keySet());
    for (Guest probe : probes) {
      assertThat(TinyGuests.judge(probe, one).trust())
          .isEqualTo(TinyGuests.judge(probe, two).trust());
    }
  }

  @Test
  void aConstantThatLooksLikeAnAddressIsKnownAsNoneAfterASecondBoot() throws EnrolmentException {
    int lookalike = (int) BASE + 0x123_4560;
    Guest third = constant(BASE + (300L << 21), lookalike);

    // Seen once it is taken for an address, and a boot that has moved differs.
    assertThat(TinyGuests.judge(third, TinyGuests.enrol(constant(BASE, lookalike))).trust())
        .isEqualTo(TrustState.VIOLATED);
    // One boot whose window holds the constant as well, one whose window does not.
    for (long steps : new long[] {1, 200}) {
      EnrolledSignature learnt =
          TinyGuests.enrol(constant(BASE, lookalike), constant(BASE + (steps << 21), lookalike));
      assertThat(TinyGuests.judge(third, learnt).trust())
          .as("second boot " + steps + " steps of 2 MiB away")
          .isEqualTo(TrustState.TRUSTED);
      assertThat(TinyGuests.judge(constant(BASE, lookalike + 8), learnt).trust())
          .isEqualTo(TrustState.VIOLATED);
    }
  }

  @Test
  void aConstantOfTheBootIsFreeFromItsThirdValueOn() throws EnrolmentException {
    Guest[] boots =
        Stream.of(1, 2, 3)
            .map(i -> boot(0xffff_8880_0000_0000L + (i << 12), 10 + i))
            .toArray(Guest[]::new);
    Guest fourth = boot(0xffff_8880_dead_0000L, 20);
    EnrolledSignature two = TinyGuests.enrol(boots[0], boots[1]);
    EnrolledSignature three = TinyGuests.enrol(boots);

    assertThat(TinyGuests.judge(fourth, two).trust()).isEqualTo(TrustState.VIOLATED);
    assertThat(TinyGuests.judge(boots[1], two).trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(TinyGuests.judge(fourth, three).trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(three.code().fields().rules()).contains(FieldRule.FREE_64, FieldRule.FREE_8);
    assertThat(two.code().fields().rules()).doesNotContain(FieldRule.FREE_64, FieldRule.FREE_8);
    assertThat(three.code().variants()).allSatisfy((place, known) -> assertThat(known).isEmpty());
  }

  @Test
  void anotherBuildIsNotEnrolledAsABootOfThisOne() {
    Guest other =
        TinyGuests.guest(
            SyntheticKernel.longMode(SEED).guest(BASE).idtGate(6, BASE + 5).idtGate(8, BASE + 7));

    assertThatThrownBy(() -> TinyGuests.enrol(at(BASE), other))
        .isInstanceOf(EnrolmentException.class)
        .hasMessageContaining("3 of 5 IDT gates");
  }

  @Test
  void aGuestWithoutModelSpecificRegistersIsNotEnrolled() {
    assertThatThrownBy(() -> TinyGuests.enrol(TinyGuests.guest(kernel().guest(BASE).withoutMsrs())))
        .isInstanceOf(EnrolmentException.class)
        .hasMessageContaining("every hardware root");
  }

  @Test
  void anEnrolmentOfNothingHasNoSignature() {
    assertThatThrownBy(TinyGuests::enrol)
        .isInstanceOf(EnrolmentException.class)
        .hasMessageContaining("at least one guest");
  }

  @Test
  void aTableEntryThatGoodGuestsDifferInIsNotChecked() throws EnrolmentException {
    EnrolledSignature learnt =
        TinyGuests.enrol(at(BASE), entry(4, BASE + function(8)), entry(5, 0x1234));

    assertThat(TinyGuests.judge(entry(4, BASE + function(9)), learnt).trust())
        .isEqualTo(TrustState.TRUSTED);
    assertThat(TinyGuests.judge(entry(3, BASE + function(9)), learnt).trust())
        .isEqualTo(TrustState.VIOLATED);
  }

  private static SyntheticKernel kernel() {
    return SyntheticKernel.longMode(SEED);
  }

  private static Guest at(long base) {
    return TinyGuests.guest(kernel().guest(base));
  }

  /** A boot that has the first call of these functions switched off. */
  private static Guest patched(long base, int... functions) {
    SyntheticKernel kernel = kernel();
    Arrays.stream(functions).forEach(index -> kernel.patch(function(index) + FIRST_CALL_AT, NOP));
    return TinyGuests.guest(kernel.guest(base));
  }

  private static Guest constant(long base, int value) {
    SyntheticKernel kernel =
        kernel()
            .patch(systemCallEntry() + CONSTANT_AT, value, value >> 8, value >> 16, value >> 24);
    return TinyGuests.guest(kernel.guest(base));
  }

  private static Guest boot(long pointer, int shift) {
    int[] bytes = new int[8];
    Arrays.setAll(bytes, i -> (int) (pointer >>> (8 * i)));
    SyntheticKernel kernel =
        kernel()
            .patch(systemCallEntry() + BOOT_POINTER_AT, bytes)
            .patch(systemCallEntry() + BOOT_SHIFT_AT, shift)
            .patch(
                function(9) + SECOND_CALL_AT,
                0xe8,
                function(20) - function(9) - SECOND_CALL_AT - 5,
                0,
                0,
                0);
    return TinyGuests.guest(kernel.guest(BASE));
  }

  private static Guest entry(int index, long target) {
    return TinyGuests.guest(kernel().tableEntry(index, target).guest(BASE));
  }
}
