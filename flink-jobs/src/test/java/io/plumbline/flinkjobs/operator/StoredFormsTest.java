package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.plumbline.introspection.memory.PageBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms in which state keeps pages, and those in which it did. */
class StoredFormsTest {
  private static final int SIZE = PageBytes.SIZE;
  private static final int ALL = 0xffff;
  private static final int BLOCK = PageBlock.PAGES * SIZE;
  private static final PageForms.Base NO_IMAGE = pages -> null;

  private final PageForms forms = new PageForms();

  private static byte[] random(int bytes, long seed) {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return content;
  }

  private static PageBytes[] pages(byte[] block) {
    PageBytes[] pages = new PageBytes[PageBlock.PAGES];
    for (int i = 0; i * SIZE < block.length; i++) {
      pages[i] = PageBytes.wrap(block, i * SIZE);
    }
    return pages;
  }

  private static PageForms.Base image(byte[] image) {
    return which -> {
      ByteBuffer some = ByteBuffer.allocate(Integer.bitCount(which) * SIZE);
      for (int i = 0; i < PageBlock.PAGES; i++) {
        if (((which >> i) & 1) != 0) {
          some.put(image, i * SIZE, SIZE);
        }
      }
      return some.array();
    };
  }

  private void assertTold(byte[] stored, int which, byte[] block, PageForms.Base image) {
    PageBytes[] into = new PageBytes[PageBlock.PAGES];
    forms.read(stored, which, into, image);
    for (int i = 0; i < PageBlock.PAGES; i++) {
      if (((which >> i) & 1) == 0) {
        assertThat(into[i]).isNull();
      } else {
        assertThat(into[i].toByteArray())
            .as("page %d", i)
            .isEqualTo(Arrays.copyOfRange(block, i * SIZE, (i + 1) * SIZE));
      }
    }
  }

  private void assertLost(byte[] stored, int which, PageForms.Base image, String message) {
    assertThatThrownBy(() -> forms.read(stored, which, new PageBytes[PageBlock.PAGES], image))
        .isInstanceOf(PagesLostException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(ints = {ALL, 1, 0x8000, 0x5a0f})
  void pagesAreToldInEveryForm(int which) {
    byte[] block = random(BLOCK, which);
    Arrays.fill(block, 0, SIZE, (byte) 0xcc);
    Arrays.fill(block, 9 * SIZE, 10 * SIZE, (byte) 0);
    byte[] image = block.clone();
    image[3 * SIZE + 5] ^= 1;
    PageBytes[] pages = pages(block);

    assertTold(PageForms.whole(pages, which), which, block, NO_IMAGE);
    assertTold(forms.packed(pages, which, NO_IMAGE), which, block, NO_IMAGE);
    assertTold(forms.packed(pages, which, image(image)), which, block, image(image));
  }

  @Test
  void pagesOfOneByteTakeOneByte() {
    byte[] block = new byte[BLOCK];
    Arrays.fill(block, SIZE, 2 * SIZE, (byte) 0xcc);
    assertThat(PageForms.whole(pages(block), ALL)).hasSize(5 + 16);
    assertThat(forms.packed(pages(block), 7, NO_IMAGE)).hasSize(5 + 3);
    assertTold(PageForms.whole(pages(block), ALL), 3, block, NO_IMAGE);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 100, 5000, 65_536})
  void aBlockIsToldWhateverDiffers(int differences) {
    for (long seed = 0; seed < 5; seed++) {
      byte[] image = random(BLOCK, seed);
      byte[] guest = image.clone();
      Random random = new Random(seed + 77);
      for (int i = 0; i < differences; i++) {
        guest[random.nextInt(guest.length)] = (byte) random.nextInt();
      }
      byte[] stored = forms.packed(pages(guest), ALL, image(image));
      assertTold(stored, ALL, guest, image(image));
      assertTold(stored, 0x1010, guest, image(image));
    }
  }

  @Test
  void theMostRunsThatABlockCanHaveFit() {
    byte[] guest = new byte[BLOCK];
    for (int at = 0; at < guest.length; at += 3) {
      guest[at] = (byte) (at | 1);
    }
    assertTold(forms.packed(pages(guest), ALL, NO_IMAGE), ALL, guest, NO_IMAGE);
  }

  @Test
  void aTableOfAddressesTakesAThird() {
    ByteBuffer table = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    Random random = new Random(4);
    for (int word = 0xfe3c6000; table.hasRemaining(); word += random.nextInt(200) - 20) {
      table.putInt(word);
    }
    byte[] stored = forms.packed(pages(table.array()), ALL, NO_IMAGE);
    assertThat(stored[0]).isEqualTo((byte) 4);
    assertThat(stored.length).isLessThan(BLOCK / 3);
    assertTold(stored, ALL, table.array(), NO_IMAGE);
    stored[stored.length - 2] ^= 8;
    assertThatThrownBy(() -> forms.read(stored, ALL, new PageBytes[PageBlock.PAGES], NO_IMAGE))
        .isInstanceOf(PagesLostException.class);
  }

  @Test
  void anotherImageLosesTheBlockAndDoesNotTellWrongPages() {
    byte[] image = random(BLOCK, 3);
    byte[] guest = image.clone();
    guest[9] ^= 1;
    byte[] stored = forms.packed(pages(guest), ALL, image(image));
    byte[] another = image.clone();
    another[50_000] ^= 1;
    assertLost(stored, ALL, image(another), "checksum");
    assertLost(stored, ALL, NO_IMAGE, "expected an image");
    assertLost(Arrays.copyOf(stored, stored.length - 3), ALL, image(image), "zstd");
  }

  @Test
  void bytesThatAreNoPagesAreLostAndNotZeros() {
    byte[] whole = PageForms.whole(pages(random(BLOCK, 1)), 0x3);
    assertLost(null, 1, NO_IMAGE, "found 0 bytes");
    assertLost(new byte[] {1, 0}, 1, NO_IMAGE, "found 2 bytes");
    assertLost(whole, 0x4, NO_IMAGE, "expected pages 0004");
    assertLost(Arrays.copyOf(whole, whole.length - 1), 1, NO_IMAGE, "bytes of pages");
    assertLost(new byte[] {1, (byte) 0xff, (byte) 0xff, 0, 0, 7}, 1, NO_IMAGE, "in 6 bytes");
    assertLost(new byte[] {2, 0, 0, 0, 1, 0, 0}, 1, NO_IMAGE, "the end");
    assertLost(new byte[] {9, 0, 0, 0, 1, 0, 0, 0, 0}, 1, NO_IMAGE, "form 1 to 4");
  }

  @Test
  void aFrameOfZstdThatTellsMoreThanTheBlockHoldsIsRefused() {
    byte[] bomb = Zstd.compress(new byte[8 << 20]);
    for (byte form = 2; form <= 4; form++) {
      ByteBuffer stored = ByteBuffer.allocate(9 + bomb.length).put(form).putInt(1);
      assertLost(stored.putInt(0).put(bomb).array(), 1, image(new byte[BLOCK]), "in zstd");
    }
    byte[] few = Zstd.compress(new byte[100]);
    ByteBuffer words = ByteBuffer.allocate(9 + few.length).put((byte) 4).putInt(1);
    assertLost(words.putInt(0).put(few).array(), 1, NO_IMAGE, "found 100");
  }

  /** Whatever one flipped bit leads to, no other pages are told. */
  @Test
  void aFlippedBitOfPackedPagesIsFound() {
    byte[] guest = random(3 * SIZE, 6);
    Arrays.fill(guest, 0, 2 * SIZE, (byte) 7);
    guest[0] = 1;
    guest[SIZE] = 1;
    byte[] stored = forms.packed(pages(guest), 7, NO_IMAGE);
    Random random = new Random(5);
    for (int i = 0; i < 2000; i++) {
      byte[] other = stored.clone();
      other[5 + random.nextInt(stored.length - 5)] ^= (byte) (1 << random.nextInt(8));
      try {
        assertTold(other, 7, guest, NO_IMAGE);
      } catch (PagesLostException e) {
        assertThat(e).hasMessageStartingWith("state: expected");
      }
    }
  }

  @Test
  void groupsAreReadOnceAndWrittenOnce() {
    AnalysisBench.MapStore store = new AnalysisBench.MapStore();
    GroupedPages first = new GroupedPages(store, Set.of());
    first.keep(8, new byte[] {1, 2});
    first.keep(15, new byte[] {3});
    first.keep(16, new byte[] {4});
    first.flush();
    assertThat(store.blocks).hasSize(2);
    assertThat(store.written).isEqualTo(2);

    GroupedPages again = new GroupedPages(store, Set.of(1L, 2L));
    assertThat(again.get(8)).containsExactly(1, 2);
    assertThat(again.get(9)).isNull();
    assertThat(again.get(15)).containsExactly(3);
    again.drop(16);
    again.drop(8);
    again.flush();
    assertThat(store.blocks.keySet()).containsExactly(1L);
    byte[] cut = Arrays.copyOf(store.get(1), 32);
    for (byte[] bad : new byte[][] {cut, new byte[3], new byte[40]}) {
      store.blocks.put(1L, bad);
      GroupedPages lost = new GroupedPages(store, Set.of(1L));
      assertThatThrownBy(() -> lost.get(8)).isInstanceOf(PagesLostException.class);
    }
  }

  @Test
  void whatOlderVersionsKeptIsRead() {
    byte[] page = random(SIZE, 2);
    byte[] marked = new byte[SIZE + 1];
    System.arraycopy(page, 0, marked, 1, SIZE);
    byte[] filled = new byte[SIZE];
    Arrays.fill(filled, (byte) 0xcc);
    assertThat(OldForms.page(page)).isEqualTo(page);
    assertThat(OldForms.page(marked)).isEqualTo(page);
    assertThat(OldForms.page(new byte[0])).isEmpty();
    assertThat(OldForms.page(new byte[] {(byte) 0xcc})).isEqualTo(filled);
    assertThat(OldForms.page(Deflated.of(filled, SIZE))).isEqualTo(filled);
    byte[] shorter = Deflated.of(new byte[100], 100);
    byte[] longer = Deflated.of(new byte[5000], 5000);
    for (byte[] bad : new byte[][] {shorter, longer, {1, 2, 3}}) {
      assertThatThrownBy(() -> OldForms.page(bad)).isInstanceOf(PagesLostException.class);
    }
  }

  @Test
  void aBlockOfOlderVersionsIsReadOverItsImageOnly() {
    byte[] image = random(BLOCK, 3);
    byte[] guest = image.clone();
    guest[9] ^= 1;
    byte[] stored = OldState.block(guest, image);
    assertThat(OldForms.block(stored, image.clone())).isEqualTo(guest);
    byte[] another = image.clone();
    another[50_000] ^= 1;
    assertThatThrownBy(() -> OldForms.block(stored, another))
        .isInstanceOf(PagesLostException.class)
        .hasMessageContaining("checksum");
    for (byte[] bad : new byte[][] {null, {2, 0, 0, 0, 0, 0}, {1}}) {
      assertThatThrownBy(() -> OldForms.block(bad, image))
          .isInstanceOf(PagesLostException.class)
          .hasMessageContaining("form 1");
    }
  }
}
