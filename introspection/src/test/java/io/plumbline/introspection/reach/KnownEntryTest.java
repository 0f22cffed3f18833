package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KnownEntryTest {
  private static KnownEntry entry(int from, int length, int instructions) {
    KnownEntry.Builder builder = new KnownEntry.Builder();
    for (int i = 0; i < instructions; i++) {
      builder.follow(from + i * length, length, List.of());
    }
    return builder.known();
  }

  @Test
  void entriesMeetThatHaveAByteInCommon() {
    KnownEntry entry = entry(0x3fc, 8, 20);

    assertThat(entry.meets(entry(0x3fc + 8 * 20, 8, 3))).isFalse();
    assertThat(entry.meets(entry(0x3fc - 8, 8, 1))).isFalse();
    assertThat(entry.meets(entry(0x3fc + 8 * 20 - 1, 8, 3))).isTrue();
    assertThat(entry.meets(entry(0x3f5, 8, 1))).isTrue();
    assertThat(entry.meets(entry(0x450, 1, 1))).isTrue();
    assertThat(entry(0xfff, 1, 1).meets(entry)).isFalse();
  }

  @Test
  void tellsInstructionsAndTheirBytesByWordsOfThePage() {
    KnownEntry entry = entry(0x3fc, 8, 2);

    assertThat(entry.firstWord()).isEqualTo(0x3fc / 64);
    assertThat(entry.words()).isEqualTo(2);
    assertThat(entry.starts(0)).isEqualTo(1L << 60);
    assertThat(entry.starts(1)).isEqualTo(1L << 4);
    assertThat(entry.covered(0)).isEqualTo(0xfL << 60);
    assertThat(entry.covered(1)).isEqualTo(0xfffL);
    assertThat(entry.instructions()).isEqualTo(2);
  }

  @Test
  void whatIsLastOnAPageLooksBeyondIt() {
    assertThat(entry(4096 - 15, 1, 1).looksBeyond()).isFalse();
    assertThat(entry(4096 - 14, 1, 1).looksBeyond()).isTrue();
  }

  @Test
  void whatEachGuestDecodesIsTheEndOfIt() {
    KnownEntry.Builder builder = new KnownEntry.Builder();
    builder.open(0x20);
    builder.open(0xff8);
    KnownEntry entry = builder.known();

    assertThat(entry.instructions()).isZero();
    assertThat(entry.words()).isZero();
    assertThat(IntStream.range(0, entry.openCount()).map(entry::open)).containsExactly(0x20, 0xff8);
    assertThat(builder.isMet(0x20)).isTrue();
    assertThat(builder.isMet(0x21)).isFalse();
  }

  @Test
  void aPageKnowsItsEntriesByTheirOffsets() {
    KnownEntry one = entry(0x10, 4, 1);
    KnownEntry two = entry(0xff0, 4, 1);
    KnownPage page = KnownPage.NOTHING.with(0xff0, two).with(0x10, one);

    assertThat(page.at(0x10)).isSameAs(one);
    assertThat(page.at(0xff0)).isSameAs(two);
    assertThat(page.at(0x14)).isNull();
    assertThat(KnownPage.NOTHING.at(0x10)).isNull();
  }
}
