package io.plumbline.introspection.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RecentPagesTest {
  private final List<Long> asked = new ArrayList<>();
  private final PageSource pages =
      frame -> {
        asked.add(frame.value());
        return frame.value() == 3
            ? Optional.empty()
            : Optional.of(PageBytes.wrap(page(frame.value())));
      };

  private static byte[] page(long frame) {
    byte[] bytes = new byte[PageBytes.SIZE];
    bytes[0] = (byte) frame;
    bytes[1] = (byte) (frame >> 8);
    return bytes;
  }

  @Test
  void aPageIsAskedForOnceWhetherItCanBeReadOrNot() {
    RecentPages recent = new RecentPages(pages);
    for (int i = 0; i < 3; i++) {
      assertThat(recent.read(new FrameNumber(2)).orElseThrow().byteAt(0)).isEqualTo(2);
      assertThat(recent.read(new FrameNumber(3))).isEmpty();
    }
    assertThat(asked).containsExactly(2L, 3L);
  }

  @Test
  void noPageIsTakenForAnotherThatFallsOnTheSamePlace() {
    RecentPages recent = new RecentPages(pages);
    for (int i = 0; i < 3; i++) {
      assertThat(recent.read(new FrameNumber(7)).orElseThrow().byteAt(1)).isZero();
      assertThat(recent.read(new FrameNumber(7 + 256)).orElseThrow().byteAt(1)).isEqualTo(1);
    }
  }
}
