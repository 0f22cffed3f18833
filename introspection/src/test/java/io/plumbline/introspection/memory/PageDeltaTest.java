package io.plumbline.introspection.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.memory.PageDelta.Encoding;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PageDeltaTest {
  private static final FrameNumber FRAME = new FrameNumber(0x1234);

  @Test
  void aDeltaYieldsThePageItWasMadeFor() throws Exception {
    for (long seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      PageBytes before = noise(random);
      PageBytes after = changed(before, random);
      PageBytes result = between(before, after).apply(Optional.of(before));
      assertThat(result.contentEquals(after)).as("seed %d", seed).isTrue();
    }
  }

  @Test
  void theSameDeltaTwiceIsTheDeltaOnce() throws Exception {
    for (long seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      PageBytes before = noise(random);
      PageDelta delta = between(before, changed(before, random));
      PageBytes once = delta.apply(Optional.of(before));
      assertThat(delta.apply(Optional.of(once)).contentEquals(once)).as("seed %d", seed).isTrue();
    }
  }

  @Test
  void aDeltaSurvivesItsParts() throws Exception {
    PageBytes before = noise(new Random(1));
    PageDelta delta = between(before, changed(before, new Random(2)));
    assertThat(PageDelta.of(delta.frame(), delta.encoding(), delta.payload(), delta.digest()))
        .isEqualTo(delta);
  }

  @Test
  void oneChangedByteCostsFiveBytes() {
    byte[] after = new byte[PageBytes.SIZE];
    after[4095] = 1;
    PageDelta delta = between(PageBytes.ZERO, PageBytes.wrap(after));
    assertThat(delta.encoding()).isEqualTo(Encoding.PATCH);
    assertThat(delta.payload()).containsExactly(0xff, 0x0f, 1, 0, 1);
  }

  @Test
  void anotherPageAltogetherIsStatedInFull() {
    PageDelta delta = between(noise(new Random(1)), noise(new Random(2)));
    assertThat(delta.encoding()).isEqualTo(Encoding.FULL);
    assertThat(delta.payload()).hasSize(PageBytes.SIZE);
  }

  @Test
  void aPageOfZerosCostsNothing() throws Exception {
    PageDelta delta = between(noise(new Random(1)), PageBytes.wrap(new byte[PageBytes.SIZE]));
    assertThat(delta.encoding()).isEqualTo(Encoding.ZERO);
    assertThat(delta.payload()).isEmpty();
    assertThat(delta.apply(Optional.empty()).isZero()).isTrue();
  }

  @Test
  void aPatchOfAnotherPageIsRefused() {
    byte[] after = new byte[PageBytes.SIZE];
    after[7] = 1;
    PageDelta delta = between(PageBytes.ZERO, PageBytes.wrap(after));
    assertThatThrownBy(() -> delta.apply(Optional.of(noise(new Random(3)))))
        .isInstanceOf(PageDeltaException.class)
        .hasMessageContainingAll("frame 0x1234", delta.digest().toString(), "found");
    assertThatThrownBy(() -> delta.apply(Optional.empty()))
        .isInstanceOf(PageDeltaException.class)
        .hasMessageContaining("expected earlier content to patch, found none");
  }

  @ParameterizedTest
  @CsvSource({
    "00, expected a run at byte 0 of the patch",
    "00000000, expected a run of 1 or more bytes",
    "ff0f0200aabb, found 2 bytes at 4095",
    "00000200aa, expected 2 bytes of the run at byte 0 of the patch found 1",
    "05000100aa04000100aa, between 6 and 4096",
    "ffffffff, found 65535 bytes at 65535",
  })
  void aMalformedPatchIsRefused(String hex, String reason) {
    byte[] patch = java.util.HexFormat.of().parseHex(hex);
    assertThatThrownBy(() -> PageDelta.of(FRAME, Encoding.PATCH, patch, PageDigest.ZERO))
        .isInstanceOf(PageDeltaException.class)
        .satisfies(e -> assertThat(e.getMessage().replace(",", "")).contains(reason));
  }

  @ParameterizedTest
  @CsvSource({"FULL, 4095", "FULL, 4097", "ZERO, 1", "PATCH, 4096"})
  void aPayloadOfTheWrongLengthIsRefused(Encoding encoding, int length) {
    assertThatThrownBy(() -> PageDelta.of(FRAME, encoding, new byte[length], PageDigest.ZERO))
        .isInstanceOf(PageDeltaException.class)
        .hasMessageContaining("found " + length);
  }

  @Test
  void theDigestIsSha256() {
    assertThat(PageDigest.ZERO)
        .as("head -c 4096 /dev/zero | sha256sum")
        .hasToString("ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7");
    PageDigest digest = PageDigest.of(noise(new Random(4)));
    assertThat(PageDigest.fromByteArray(digest.toByteArray())).isEqualTo(digest);
  }

  private static PageDelta between(PageBytes before, PageBytes after) {
    return PageDelta.between(FRAME, before, after, PageDigest.of(after));
  }

  private static PageBytes noise(Random random) {
    byte[] page = new byte[PageBytes.SIZE];
    random.nextBytes(page);
    return PageBytes.wrap(page);
  }

  /** Up to 40 runs of up to 200 bytes: both sides of where a patch stops paying. */
  private static PageBytes changed(PageBytes before, Random random) {
    byte[] page = before.toByteArray();
    for (int run = random.nextInt(40); run > 0; run--) {
      int from = random.nextInt(PageBytes.SIZE);
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      System.arraycopy(bytes, 0, page, from, Math.min(bytes.length, PageBytes.SIZE - from));
    }
    if (random.nextInt(10) == 0) {
      Arrays.fill(page, (byte) 0);
    }
    return PageBytes.wrap(page);
  }
}
