package io.plumbline.introspection.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import io.plumbline.introspection.verify.module.SyntheticModule;
import org.junit.jupiter.api.Test;

/** The list of modules of guests that have loaded one. */
class ModuleMonitorTest {
  private final SyntheticImage image = SyntheticImage.classic();
  private final SyntheticModule module = new SyntheticModule("one", "6.1.0-test", 1);
  private final ModuleBook book = SyntheticModule.bookOf(module.image());
  private final long head = image.addressOf("modules");

  private MonitoredGuest loaded() {
    return MonitoredGuest.of(image, module.load(SyntheticGuest.longMode(), image)).knowing(book);
  }

  private static void assertFound(MonitoredGuest guest, String symbol, String owner) {
    Verdict verdict = guest.verdict();
    assertThat(verdict.findings())
        .extracting(
            Finding::type, finding -> finding.address().value(), Finding::symbol, Finding::owner)
        .containsExactly(
            tuple(FindingType.UNEXPECTED_KERNEL_MODULE, SyntheticModule.ADDRESS, symbol, owner));
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }

  private static void assertUndecided(MonitoredGuest guest, String blindSpot) {
    Verdict verdict = guest.verdict();
    assertThat(verdict.findings()).isEmpty();
    assertThat(verdict.blindSpots()).anyMatch(spot -> spot.contains(blindSpot));
    assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
  }

  @Test
  void aModuleThatIsListedIsNoFinding() {
    assertThat(loaded().verdict().findings()).isEmpty();
    assertThat(loaded().verdict().trust()).isEqualTo(TrustState.TRUSTED);
  }

  @Test
  void aModuleThatWasTakenOutOfTheListIsFoundByItsCode() {
    assertFound(loaded().word(head, old -> head), "module one", "module one");
  }

  @Test
  void aModuleThatGoesByAnotherNameIsFound() {
    long name = module.recordAt() + SyntheticModule.NAME;
    assertFound(loaded().word(name, old -> 'l' | 'o' << 8), "module lo", "module one");
  }

  @Test
  void aModuleWhoseNameHasADashInItsFileIsTheSame() {
    SyntheticModule dashed = new SyntheticModule("o-n-e", "6.1.0-test", 1);
    long name = dashed.recordAt() + SyntheticModule.NAME;
    Verdict verdict =
        MonitoredGuest.of(image, dashed.load(SyntheticGuest.longMode(), image))
            .knowing(SyntheticModule.bookOf(dashed.image()))
            .word(name, old -> 'o' | '_' << 8 | 'n' << 16 | (long) '_' << 24 | (long) 'e' << 32)
            .verdict();
    assertThat(verdict.findings()).isEmpty();
  }

  @Test
  void aListThatDoesNotLeadBackToItsHeadIsNeverTakenForClean() {
    long record = module.recordAt() + SyntheticModule.LINKS;
    assertUndecided(loaded().word(record, old -> record), "does not lead back");
  }

  @Test
  void aListThatCannotBeReadIsNeverTakenForClean() {
    assertUndecided(loaded().word(head, old -> 0xffff900000000000L), "cannot be read");
  }

  @Test
  void whereNoModulesAreKnownTheListSaysNothing() {
    MonitoredGuest unknown =
        MonitoredGuest.of(image, module.load(SyntheticGuest.longMode(), image))
            .word(head, old -> head);
    assertThat(unknown.verdict().findings())
        .extracting(Finding::type)
        .containsExactly(FindingType.DYNAMIC_CODE);
  }
}
