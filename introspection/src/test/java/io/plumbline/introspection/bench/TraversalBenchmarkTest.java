package io.plumbline.introspection.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.code.CapstoneText;
import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticKernel;
import io.plumbline.introspection.trust.Guest;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TraversalBenchmarkTest {
  private static final long TICK = 1_000_000;

  @Test
  void everyNumberIsMeasuredByTheGivenClock() throws UnfitGuestException {
    SyntheticKernel kernel = SyntheticKernel.longMode(1);
    // Every look at this clock takes a millisecond, so everything takes one.
    AtomicLong clock = new AtomicLong();
    BenchmarkResult result =
        TraversalBenchmark.on(
            guest(kernel.guest(kernel.usualBase()).build()),
            List::of,
            () -> clock.addAndGet(TICK),
            0);

    assertThat(result.rounds()).isEqualTo(3);
    assertThat(result.sweptBytes()).isEqualTo(SyntheticKernel.TEXT_BYTES);
    assertThat(result.phases()).isEqualTo(new BenchmarkResult.Phases(1e-3, 1e-3, 2e-3, 1e-3, 1e-3));
    assertThat(result.entryInstructions()).isPositive().isLessThan(result.rootInstructions());
    assertThat(result.traversalRate()).isEqualTo(result.rootInstructions() / 2e-3);
    assertThat(result.explorationRate()).isEqualTo(result.rootInstructions() / 1e-3);
    assertThat(result.decoderRate()).isPositive();
    boolean capstone =
        CapstoneText.open(CodeMode.LONG_64).map(TraversalBenchmarkTest::closed).orElse(false);
    assertThat(result.capstoneRate().isPresent()).isEqualTo(capstone);
    assertThat(result.decoderRatio().isPresent()).isEqualTo(capstone);
    assertThat(result.explorationRatio().isPresent()).isEqualTo(capstone);
    assertThat(result.traversalRatio().isPresent()).isEqualTo(capstone);
  }

  @Test
  void aGuestWithoutAGateIsUnfit() {
    SyntheticGuest empty = SyntheticGuest.unpaged().code(0x1000, 0xc3).build();

    assertThatThrownBy(() -> TraversalBenchmark.on(guest(empty), List::of, () -> 0, 0))
        .isInstanceOf(UnfitGuestException.class)
        .hasMessageContaining("paging is off");
  }

  private static boolean closed(CapstoneText text) {
    text.close();
    return true;
  }

  private static Guest guest(SyntheticGuest guest) {
    return new Guest("vm", guest.pages(), List.of(guest.vcpu()));
  }
}
