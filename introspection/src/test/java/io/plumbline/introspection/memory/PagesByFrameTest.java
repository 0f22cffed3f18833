package io.plumbline.introspection.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PagesByFrameTest {
  private static PageBytes page(int content) {
    byte[] page = new byte[PageBytes.SIZE];
    page[0] = (byte) content;
    return PageBytes.wrap(page);
  }

  @Test
  void holdsWhatAMapHolds() {
    Random random = new Random(41);
    PagesByFrame pages = new PagesByFrame();
    Map<FrameNumber, PageBytes> expected = new HashMap<>();
    for (int step = 0; step < 3000; step++) {
      FrameNumber frame =
          new FrameNumber((long) random.nextInt(4) << 30 | 97L * random.nextInt(200));
      if (random.nextInt(3) == 0) {
        pages.remove(frame);
        expected.remove(frame);
      } else {
        PageBytes page = page(step);
        pages.put(frame, page);
        expected.put(frame, page);
      }
      assertThat(pages.size()).isEqualTo(expected.size());
      assertThat(pages.read(frame)).isEqualTo(Optional.ofNullable(expected.get(frame)));
    }
    assertThat(pages.frames()).containsExactlyInAnyOrderElementsOf(expected.keySet());
    expected.forEach((frame, page) -> assertThat(pages.read(frame)).containsSame(page));
  }

  @Test
  void aCopyStaysAsItIs() {
    PagesByFrame pages = new PagesByFrame();
    FrameNumber frame = new FrameNumber(7);
    PageBytes before = page(1);
    pages.put(frame, before);
    PagesByFrame copy = new PagesByFrame(pages);

    pages.put(frame, page(2));
    pages.put(new FrameNumber(8), page(3));
    assertThat(copy.read(frame)).containsSame(before);
    assertThat(copy.size()).isEqualTo(1);

    pages.clear();
    assertThat(pages.size()).isZero();
    assertThat(pages.frames()).isEmpty();
    assertThat(copy.frames()).containsExactly(frame);
  }
}
