package io.plumbline.ingest.guest.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompressionTest {
  private static final int UNPACKED = 1 << 20;

  @TempDir Path folder;

  @Test
  void whatUnpacksToMoreThanTheLimitIsRefused() throws IOException {
    Path packed = Files.write(folder.resolve("bomb"), Zstd.compress(new byte[UNPACKED]));
    try (ImageFile file = ImageFile.open(packed)) {
      assertThatThrownBy(() -> Compression.ZSTD.unpack(file, 0, UNPACKED - 1))
          .isInstanceOf(ImageException.class)
          .hasMessageContainingAll("bomb", "ZSTD data", "at most 1048575 bytes", "found more");
      try (ImageFile whole = Compression.ZSTD.unpack(file, 0, UNPACKED)) {
        assertThat(whole.size()).isEqualTo(UNPACKED);
      }
    }
  }

  @Test
  void aFewKibMayNotFillTheDisk() {
    assertThat(Compression.plausibleBytes(4096)).isLessThan(2L << 30);
    assertThat(Compression.plausibleBytes(1L << 30)).as("a large guest").isGreaterThan(256L << 30);
    assertThat(Compression.plausibleBytes(Long.MAX_VALUE)).isPositive();
  }
}
