package io.plumbline.signaturestore.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BannerReaderTest {
  private static final String DEBIAN_6_1 =
      "Linux version 6.1.0-50-cloud-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian"
          + " 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP"
          + " PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-02)";
  private static final String DEBIAN_5_10 =
      "Linux version 5.10.0-32-cloud-amd64 (debian-kernel@lists.debian.org) (gcc-10 (Debian"
          + " 10.2.1-6) 10.2.1 20210110, GNU ld (GNU Binutils for Debian) 2.35.2) #1 SMP Debian"
          + " 5.10.223-1 (2024-08-10)";

  private final byte[] memory = new byte[8 * PageBytes.SIZE];
  private final Set<Long> unreadable = new HashSet<>();
  private final PageSource pages =
      frame ->
          unreadable.contains(frame.value()) || frame.value() >= 8
              ? Optional.empty()
              : Optional.of(PageBytes.wrap(memory, (int) frame.value() * PageBytes.SIZE));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "6.1.0-50-cloud-amd64 | 6.1.176-1 | (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU"
            + " Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-02)",
        // The copy that kernels since 6.1 keep for early messages has no number.
        "6.12.117+deb13-cloud-amd64 | 6.12.117-1 | (x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19)"
            + " 14.2.0, GNU ld (GNU Binutils for Debian) 2.44) # SMP PREEMPT_DYNAMIC Debian"
            + " 6.12.117-1 (2026-11-12)",
        "5.10.0-32-cloud-amd64 | 5.10.223-1 | (gcc-10 (Debian 10.2.1-6) 10.2.1 20210110, GNU ld (GNU"
            + " Binutils for Debian) 2.35.2) #1 SMP Debian 5.10.223-1 (2024-08-10)",
        "5.15.0-56-generic | 5.15.0-56.62-generic | (gcc (Ubuntu 11.3.0-1ubuntu1~22.04) 11.3.0, GNU"
            + " ld (GNU Binutils for Ubuntu) 2.38) #62-Ubuntu SMP Tue Nov 22 19:54:14 UTC 2022"
            + " (Ubuntu 5.15.0-56.62-generic 5.15.64)",
        "6.6.8 | '' | (clang version 17.0.6, LLD 17.0.6) #1 SMP Thu Dec 21 18:22:06 UTC 2023",
      })
  void everyDistributionsBannerNamesItsBuild(String build, String version, String rest)
      throws BannerException {
    put(5000, "Linux version " + build + " (builder@host) " + rest + "\n\0");

    Banner banner = BannerReader.read(pages, LongStream.range(0, 8));

    assertThat(banner.name()).isEqualTo(new BuildName("Linux", build, version));
    assertThat(banner.copies()).isEqualTo(1);
  }

  @Test
  void aBannerIsFoundAcrossTheBorderOfTwoFrames() throws BannerException {
    for (int before = 1; before < DEBIAN_6_1.length(); before++) {
      Arrays.fill(memory, (byte) 0);
      put(2 * PageBytes.SIZE - before, DEBIAN_6_1);

      assertThat(BannerReader.read(pages, LongStream.range(0, 8)).name().version())
          .as(before + " bytes before the border")
          .isEqualTo("6.1.176-1");
    }
  }

  @Test
  void theBuildThatMostBannersNameWins() throws BannerException {
    put(100, DEBIAN_5_10);
    put(5000, DEBIAN_6_1);
    put(9000, "<5>[    0.000000] " + DEBIAN_6_1 + "2)");

    assertThat(BannerReader.read(pages, LongStream.range(0, 8)).name().build())
        .isEqualTo("6.1.0-50-cloud-amd64");
    assertThat(BannerReader.all(pages, LongStream.range(0, 8)))
        .extracting(Banner::copies)
        .containsExactly(2, 1);
  }

  @Test
  void twoBuildsNamedEquallyOftenAreForAPersonToDecide() {
    put(100, DEBIAN_5_10);
    put(5000, DEBIAN_6_1);

    assertThatThrownBy(() -> BannerReader.read(pages, LongStream.range(0, 8)))
        .isInstanceOf(BannerException.class)
        .hasMessage(
            "guest memory: expected one kernel's version banner, found 5.10.0-32-cloud-amd64 (1"
                + " times), 6.1.0-50-cloud-amd64 (1 times)");
  }

  @Test
  void whatOnlyBeginsLikeABannerIsNone() {
    put(100, "Linux version %s (%s) %s");
    put(1000, "Linux version 6.1.0-50-cloud-amd64 (debian-kernel@");
    put(2000, "Linux version ");
    put(memory.length - 8, "Linux ve");

    assertThatThrownBy(() -> BannerReader.read(pages, LongStream.range(0, 8)))
        .isInstanceOf(BannerException.class)
        .hasMessageContaining("found none");
  }

  @Test
  void aBannerThatRunsIntoAnUnreadableFrameIsNoBanner() {
    put(2 * PageBytes.SIZE - 40, DEBIAN_6_1);
    unreadable.add(2L);

    assertThat(BannerReader.all(pages, LongStream.range(0, 8))).isEmpty();
  }

  @Test
  void memoryFullOfInventedBuildsIsBounded() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      text.append("Linux version 1.").append(i).append(" (a) #\n");
    }
    put(0, text.toString());

    assertThat(BannerReader.all(pages, LongStream.range(0, 8))).hasSize(64);
  }

  @Test
  void onlyTheFramesOfTheImageAreLookedAtHoweverHighTheyLie() throws BannerException {
    put(0, DEBIAN_6_1 + "\n\0");
    long high = FrameNumber.LIMIT - 1;
    PageSource far =
        frame -> frame.value() == high ? Optional.of(PageBytes.wrap(memory, 0)) : Optional.empty();
    assertThat(BannerReader.read(far, LongStream.of(high)).name().version()).isEqualTo("6.1.176-1");
  }

  @Test
  void aGuestWithoutMemoryHasNoBanner() {
    assertThat(BannerReader.all(pages, LongStream.empty())).isEmpty();
  }

  private void put(int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, memory, at, bytes.length);
  }
}
