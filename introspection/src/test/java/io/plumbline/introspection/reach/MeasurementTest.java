package io.plumbline.introspection.reach;

import static io.plumbline.introspection.testing.SyntheticKernel.ADDRESS_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.BRANCH_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.FIRST_CALL_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.LOCK_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.NOP_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.UNREACHED;
import static io.plumbline.introspection.testing.SyntheticKernel.function;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticKernel;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a measurement may depend on, in both modes. */
class MeasurementTest {
  private static final long SEED = 7;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void movingTheKernelChangesNoMeasurement(boolean longMode) {
    Measurement here = measure(kernel(longMode), 0);
    Random random = new Random(SEED);
    for (int i = 0; i < 5; i++) {
      long slide = (long) random.nextInt(200) << 21;
      Measurement there = measure(kernel(longMode), slide);

      assertThat(there.digest()).as("seed %d, slide %x", SEED, slide).isEqualTo(here.digest());
      assertThat(there.functionDigests()).isEqualTo(here.functionDigests());
      assertThat(there.blocks()).isEqualTo(here.blocks());
      assertThat(there.functionEntry(3).value()).isEqualTo(here.functionEntry(3).value() + slide);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nopsLockAndEndbrDoNotMatter(boolean longMode) {
    SyntheticKernel other =
        kernel(longMode)
            .patch(function(3) + LOCK_AT, 0x3e)
            .patch(function(4) + NOP_AT, 0x90, 0x66, 0x90, 0x66, 0x90)
            .patch(function(5) + NOP_AT, 0xf3, 0x0f, 0x1e, longMode ? 0xfa : 0xfb, 0x90);

    assertThat(measure(other, 0).digest()).isEqualTo(measure(kernel(longMode), 0).digest());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anotherRelocatedAddressIsNoDifferenceAndAnythingElseIsOneInThatFunctionAlone(
      boolean longMode) {
    Measurement clean = measure(kernel(longMode), 0);
    SyntheticKernel relocated = kernel(longMode).patch(function(3) + ADDRESS_AT, 0x18);

    assertThat(measure(relocated, 0).digest()).isEqualTo(clean.digest());
    // An operand, an opcode, the sense of a branch.
    for (int[] change : new int[][] {{2, 0x77}, {0, 0x56}, {BRANCH_AT, 0x75}}) {
      Measurement changed = measure(kernel(longMode).patch(function(3) + change[0], change[1]), 0);

      assertThat(changed.digest()).isNotEqualTo(clean.digest());
      assertThat(differing(changed, clean)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCallLeadElsewhereChangesTheWholeAndCodeThatIsNotReachedDoesNot(boolean longMode) {
    Measurement clean = measure(kernel(longMode), 0);
    int site = function(1) + FIRST_CALL_AT;
    SyntheticKernel swapped = kernel(longMode).redirect(site, 0xe8, function(5) - site);
    SyntheticKernel unreached = kernel(longMode).patch(UNREACHED + 5, 1, 2, 3);

    assertThat(measure(swapped, 0).digest()).isNotEqualTo(clean.digest());
    assertThat(measure(unreached, 0).digest()).isEqualTo(clean.digest());
  }

  private static int differing(Measurement one, Measurement other) {
    long[] digests = one.functionDigests();
    int different = 0;
    for (int i = 0; i < digests.length; i++) {
      different += digests[i] == other.functionDigests()[i] ? 0 : 1;
    }
    return different;
  }

  private static SyntheticKernel kernel(boolean longMode) {
    return longMode ? SyntheticKernel.longMode(SEED) : SyntheticKernel.protectedMode(SEED);
  }

  private static Measurement measure(SyntheticKernel kernel, long slide) {
    long base = kernel.usualBase() + slide;
    SyntheticGuestBuilder builder = kernel.guest(base);
    SyntheticGuest guest = builder.build();
    GuestKernel seen =
        GuestKernel.of(guest.pages(), List.of(guest.vcpu()), ExplorationBudget.STANDARD)
            .kernel()
            .orElseThrow();
    return Exploration.from(
            List.of(new GuestVirtualAddress(base)),
            seen.code(),
            seen.mode(),
            ExplorationBudget.STANDARD)
        .measure();
  }
}
