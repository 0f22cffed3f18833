package io.plumbline.introspection.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import org.junit.jupiter.api.Test;

/** The example of docs/how-to/add-a-monitor.md, found by its line among the services. */
class ExampleMonitorTest {
  private final SyntheticImage image = SyntheticImage.classic();

  private MonitoredGuest guest() {
    return MonitoredGuest.of(image, SyntheticGuest.longMode());
  }

  @Test
  void theUsualProgramIsNoFinding() {
    assertThat(guest().verdict().trust()).isEqualTo(TrustState.TRUSTED);
  }

  @Test
  void anotherProgramIsFoundWhereItsNameLies() {
    long variable = image.addressOf("modprobe_path");
    Verdict verdict = guest().word(variable, old -> '/' | 't' << 8 | 'm' << 16).verdict();

    assertThat(verdict.findings())
        .extracting(Finding::type, finding -> finding.address().value(), Finding::actual)
        .containsExactly(tuple(FindingType.UNEXPECTED_CONTROL_FLOW_TARGET, variable, "/tm"));
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }

  @Test
  void aProgramThatCannotBeReadIsNeverTakenForTheUsualOne() {
    Verdict verdict = guest().without(image.addressOf("modprobe_path")).verdict();

    assertThat(verdict.blindSpots()).contains("modprobe_path");
    assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
  }
}
