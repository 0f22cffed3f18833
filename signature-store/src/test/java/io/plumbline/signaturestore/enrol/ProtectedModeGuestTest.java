package io.plumbline.signaturestore.enrol;

import static io.plumbline.introspection.testing.SyntheticKernel.FIRST_CALL_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.function;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticKernel;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** 32-bit guests, with PAE and without, and the five-level kind of the 64-bit ones. */
class ProtectedModeGuestTest {
  private static final long SEED = 5;

  record Kind(String name, Supplier<SyntheticGuestBuilder> guests, boolean longMode) {
    SyntheticKernel kernel() {
      return longMode ? SyntheticKernel.longMode(SEED) : SyntheticKernel.protectedMode(SEED);
    }

    SyntheticGuestBuilder guest(SyntheticKernel kernel, long slide) {
      return kernel.place(guests.get(), kernel.usualBase() + slide);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Kind> kinds() {
    return Stream.of(
        new Kind("PAE", SyntheticGuest::pae, false),
        new Kind("32-bit paging", SyntheticGuest::bits32, false),
        new Kind("five-level paging", SyntheticGuest::fiveLevel, true));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aCleanGuestIsTrustedWhereverItLies(Kind kind) throws EnrolmentException {
    EnrolledSignature signature = TinyGuests.enrol(TinyGuests.guest(kind.guest(kind.kernel(), 0)));
    long slide = 9L << 22;
    Verdict verdict =
        TinyGuests.judge(TinyGuests.guest(kind.guest(kind.kernel(), slide)), signature);

    assertThat(verdict.findings()).isEmpty();
    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(verdict.identity().slide()).isEqualTo(slide);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void codeGateTableAndSystemCallEntryAreEachFound(Kind kind) throws EnrolmentException {
    EnrolledSignature signature = TinyGuests.enrol(TinyGuests.guest(kind.guest(kind.kernel(), 0)));
    long base = kind.kernel().usualBase();
    int site = function(4) + FIRST_CALL_AT;
    SyntheticKernel redirected = kind.kernel().redirect(site, 0xe8, function(2) - site);
    SyntheticKernel table = kind.kernel().tableEntry(7, base + function(2));
    SyntheticGuestBuilder gate = kind.guest(kind.kernel(), 0).idtGate(14, base + function(2));
    SyntheticGuestBuilder entry = kind.guest(kind.kernel(), 0);
    if (kind.longMode()) {
      entry.lstar(base + function(2));
    } else {
      entry.sysenter(base + function(2));
    }

    assertOnly(signature, kind.guest(redirected, 0), FindingType.UNEXPECTED_CODE_MODIFICATION);
    assertOnly(signature, kind.guest(table, 0), FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER);
    assertOnly(signature, gate, FindingType.UNEXPECTED_INTERRUPT_HANDLER);
    assertOnly(signature, entry, FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER);
  }

  private static void assertOnly(
      EnrolledSignature signature, SyntheticGuestBuilder guest, FindingType type) {
    Verdict verdict = TinyGuests.judge(TinyGuests.guest(guest), signature);

    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
    assertThat(verdict.findings()).extracting(finding -> finding.type()).containsExactly(type);
  }
}
