package io.plumbline.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LatenciesTest {
  /** One second, two seconds, ... */
  private static long[] seconds(int count) {
    return LongStream.rangeClosed(1, count).map(each -> each * 1_000_000_000L).toArray();
  }

  @Test
  void aQuantileIsTheSlowestOfItsShare() {
    Latencies latencies = new Latencies(seconds(200), 0);
    assertThat(latencies.seconds(0.5)).hasValue(100);
    assertThat(latencies.seconds(0.99)).hasValue(198);
  }

  @Test
  void whatNeverCameIsSlowerThanAnythingThatCame() {
    assertThat(new Latencies(seconds(100), 0).seconds(0.99)).hasValue(99);
    assertThat(new Latencies(seconds(100), 100).seconds(0.5)).hasValue(100);
    assertThat(new Latencies(seconds(99), 2).seconds(0.99)).isEmpty();
  }

  @Test
  void tooFewTellNothingOfTheSlowestInAThousand() {
    assertThat(new Latencies(seconds(999), 0).seconds(0.999)).isEmpty();
    assertThat(new Latencies(seconds(1000), 0).seconds(0.999)).hasValue(999);
    assertThat(new Latencies(new long[0], 0).seconds(0.5)).isEmpty();
  }
}
