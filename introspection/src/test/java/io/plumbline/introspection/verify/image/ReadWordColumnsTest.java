package io.plumbline.introspection.verify.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Words are filed once each, by the frames that they lie in. */
class ReadWordColumnsTest {
  private final ReadWordColumns words = new ReadWordColumns();

  @Test
  void aWordThatWasReadOftenIsKeptOnceAndIsAKeyOnlyIfItAlwaysWas() {
    for (int i = 0; i < 200; i++) {
      words.add(0x2000 + 8L * (i % 10), i % 10 != 3 || i < 100, OptionalLong.of(i % 10));
    }
    words.add(0x9000, true, OptionalLong.empty());
    file();

    assertThat(words.size()).isEqualTo(11);
    for (int word = 0; word < 10; word++) {
      assertThat(words.address(word)).isEqualTo(0x2000 + 8L * word);
      assertThat(words.value(word)).hasValue(word);
      assertThat(words.isKey(word)).isEqualTo(word != 3);
    }
    assertThat(words.value(10)).isEmpty();
    assertThat(of(2)).hasSize(10);
    assertThat(of(9)).containsExactly(10);
    assertThat(of(4)).isEmpty();
  }

  @Test
  void aWordAcrossTwoPagesLiesInTwoFrames() {
    words.add(0x2ffc, false, OptionalLong.of(1));
    file();

    assertThat(of(2)).containsExactly(0);
    assertThat(of(3)).containsExactly(0);
    List<Long> frames = new ArrayList<>();
    words.forEachFrame((frame, word) -> frames.add(frame));
    assertThat(frames).containsExactly(2L, 3L);
  }

  @Test
  void whatIsReadLaterIsFiledThen() {
    words.add(0x2000, true, OptionalLong.of(1));
    file();
    words.set(0, OptionalLong.of(2));
    words.add(0x3000, true, OptionalLong.of(3));
    file();

    assertThat(words.value(0)).hasValue(2);
    assertThat(of(3)).containsExactly(1);
  }

  @Test
  void framesAreKeptOnceEach() {
    FrameSet frames = new FrameSet();
    for (int i = 0; i < 500; i++) {
      frames.add(i * 37L % 100);
    }
    frames.trim();
    List<Long> all = new ArrayList<>();
    frames.forEach(all::add);

    assertThat(all).hasSize(100).isSorted();
    assertThat(frames.has(99)).isTrue();
    assertThat(frames.has(100)).isFalse();
  }

  private void file() {
    words.file(address -> address >>> 12);
  }

  private List<Integer> of(long frame) {
    List<Integer> found = new ArrayList<>();
    words.forEachOf(frame, found::add);
    return found;
  }
}
