package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms in which state keeps pages. */
class StoredFormsTest {
  private static byte[] random(int bytes, long seed) {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return content;
  }

  private static void assertTold(byte[] page, int length) {
    byte[] stored = StoredPage.shrunk(page);
    assertThat(stored).hasSize(length);
    assertThat(StoredPage.read(stored).toByteArray()).isEqualTo(page);
    assertThat(StoredPage.isWhole(stored)).isFalse();
  }

  @Test
  void aPageIsKeptInTheSmallestForm() {
    byte[] breakpoints = new byte[PageBytes.SIZE];
    Arrays.fill(breakpoints, (byte) 0xcc);
    assertTold(new byte[PageBytes.SIZE], 0);
    assertTold(breakpoints, 1);
    assertTold(random(PageBytes.SIZE, 1), 4097);
    byte[] sparse = new byte[PageBytes.SIZE];
    sparse[PageBytes.SIZE - 1] = 1;
    assertThat(StoredPage.shrunk(sparse).length).isLessThan(64);
    assertThat(StoredPage.read(StoredPage.shrunk(sparse)).toByteArray()).isEqualTo(sparse);
  }

  @Test
  void whatOlderSavepointsHoldIsRead() {
    byte[] page = random(PageBytes.SIZE, 2);
    assertThat(StoredPage.read(page).toByteArray()).isEqualTo(page);
    assertThat(StoredPage.read(new byte[0]).isZero()).isTrue();
    assertThat(StoredPage.isWhole(page)).isTrue();
  }

  @Test
  void bytesThatAreNoPageAreLostAndNotZeros() {
    assertThatThrownBy(() -> StoredPage.read(new byte[] {1, 2, 3}))
        .isInstanceOf(PagesLostException.class);
    byte[] shorter = Deflated.of(new byte[100], 100);
    byte[] longer = Deflated.of(new byte[5000], 5000);
    assertThatThrownBy(() -> StoredPage.read(shorter)).isInstanceOf(PagesLostException.class);
    assertThatThrownBy(() -> StoredPage.read(longer)).isInstanceOf(PagesLostException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 100, 5000, 65_536})
  void aBlockIsToldWhateverDiffers(int differences) {
    for (long seed = 0; seed < 5; seed++) {
      byte[] image = random(ImageBlock.BYTES, seed);
      byte[] guest = image.clone();
      Random random = new Random(seed + 77);
      for (int i = 0; i < differences; i++) {
        guest[random.nextInt(guest.length)] = (byte) random.nextInt();
      }
      byte[] stored = ImageBlock.stored(guest, image);
      assertThat(ImageBlock.read(stored, image.clone())).as("seed %d", seed).isEqualTo(guest);
    }
  }

  @Test
  void theMostRunsThatABlockCanHaveFit() {
    byte[] image = new byte[ImageBlock.BYTES];
    byte[] guest = new byte[ImageBlock.BYTES];
    for (int at = 0; at < guest.length; at += 3) {
      guest[at] = (byte) (at | 1);
    }
    assertThat(ImageBlock.read(ImageBlock.stored(guest, image), image.clone())).isEqualTo(guest);
  }

  @Test
  void anotherImageLosesTheBlockAndDoesNotTellWrongPages() {
    byte[] image = random(ImageBlock.BYTES, 3);
    byte[] guest = image.clone();
    guest[9] ^= 1;
    byte[] stored = ImageBlock.stored(guest, image);
    byte[] another = image.clone();
    another[50_000] ^= 1;
    assertThatThrownBy(() -> ImageBlock.read(stored, another))
        .isInstanceOf(PagesLostException.class)
        .hasMessageContaining("checksum");
    assertThatThrownBy(() -> ImageBlock.read(new byte[] {2, 0, 0, 0, 0, 0}, image))
        .isInstanceOf(PagesLostException.class)
        .hasMessageContaining("form 1");
    byte[] cut = Arrays.copyOf(stored, stored.length - 3);
    assertThatThrownBy(() -> ImageBlock.read(cut, image.clone()))
        .isInstanceOf(PagesLostException.class);
  }
}
