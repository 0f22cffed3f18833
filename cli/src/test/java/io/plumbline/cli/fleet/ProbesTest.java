package io.plumbline.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProbesTest {
  private final Probes probes = new Probes();

  @Test
  void aRoundCountsOnceHoweverManyFindingsItHas() {
    probes.expect("vm", 4, 1_000_000_000L);
    probes.found("vm", 4, 3_000_000_000L);
    probes.found("vm", 4, 9_000_000_000L);
    probes.expect("vm", 5, 9_000_000_000L);
    probes.found("vm", 5, 14_000_000_000L);
    assertThat(probes.latencies().count()).isEqualTo(2);
    assertThat(probes.latencies().seconds(0.5)).hasValue(2);
  }

  @Test
  void aFindingOfAnotherRoundIsNoAnswer() {
    probes.expect("vm", 4, 0);
    probes.found("vm", 3, 1);
    probes.found("other", 4, 1);
    assertThat(probes.waitedFor()).isEqualTo(1);
    assertThat(probes.latencies().missing()).isEqualTo(1);
  }
}
