package io.plumbline.introspection.trust;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.FrameNumber;
import org.junit.jupiter.api.Test;

class LastChangedTest {
  @Test
  void thoseThatChangedLastAreKeptAndNoMoreThanTheBound() {
    LastChanged last = new LastChanged();
    for (long frame = 0; frame < LastChanged.MOST; frame++) {
      last.add(new FrameNumber(frame));
    }
    last.add(new FrameNumber(0));
    last.add(new FrameNumber(LastChanged.MOST));

    assertThat(last.has(0)).isTrue();
    assertThat(last.has(1)).isFalse();
    for (long frame = 2; frame <= LastChanged.MOST; frame++) {
      assertThat(last.has(frame)).isTrue();
    }
  }
}
