package io.plumbline.cli.results;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class FleetTest {
  private final Fleet fleet = new Fleet();

  private static VmFinding finding(String activity, int second) {
    Instant at = Instant.ofEpochSecond(second);
    return new VmFinding(
        "uid",
        "vm",
        second,
        at,
        Instant.ofEpochSecond(1),
        activity,
        "unexpected_code_modification",
        "high",
        OptionalInt.empty(),
        OptionalLong.of(4096),
        Optional.empty(),
        "kernel",
        "90",
        "cc",
        List.of(),
        OptionalLong.empty(),
        Optional.empty());
  }

  @Test
  void whatIsSaidAgainOfAnOlderRoundReopensNothing() {
    assertThat(fleet.apply(finding("open", 1))).isTrue();
    assertThat(fleet.apply(finding("close", 2))).isTrue();
    assertThat(fleet.apply(finding("open", 1))).isFalse();
    assertThat(fleet.findings()).singleElement().matches(each -> !each.open());
  }

  @Test
  void aFindingThatOpensInALaterRoundIsOpen() {
    fleet.apply(finding("close", 2));
    assertThat(fleet.apply(finding("open", 3))).isTrue();
    assertThat(fleet.apply(finding("open", 3))).isFalse();
    assertThat(fleet.findings()).singleElement().matches(VmFinding::open);
  }
}
