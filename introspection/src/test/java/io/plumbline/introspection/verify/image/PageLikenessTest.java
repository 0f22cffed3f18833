package io.plumbline.introspection.verify.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.PatchedText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageLikenessTest {
  private static final int PAGE = PageBytes.SIZE;
  private static final long SLIDE = 0x1400000;
  private static final long ELSEWHERE = 0x2600000;

  private final ImageLayout layout =
      new ImageVerifier(SyntheticImage.classic().withSystemCalls(true).image()).layout();
  private final byte[] here = relocated(SLIDE);

  private byte[] relocated(long slide) {
    byte[] bytes = new byte[layout.bytes()];
    layout.relocateInto(bytes, slide);
    return bytes;
  }

  private PageLikeness likeness(long slide) {
    return new PageLikeness(
        layout,
        // More is compared here than a text.
        new PatchedText(relocated(slide), 0, slide, layout.linked().fields()),
        SLIDE,
        page -> PageBytes.wrap(Arrays.copyOfRange(here, page * PAGE, (page + 1) * PAGE)));
  }

  /** It would be the address of something else. */
  @Test
  void aFieldThatWasNotMovedIsNotAlike() {
    byte[] linked = relocated(0);
    List<Integer> fields = new ArrayList<>();
    for (int page = 0; page < layout.verifiedBytes(); page += PAGE) {
      int start = page;
      layout.linked().fields().forEach(page, (at, bytes, along) -> fields.add(start + at));
    }
    assertThat(fields).isNotEmpty();
    for (int field : fields) {
      byte[] moved = Arrays.copyOfRange(here, field, field + Integer.BYTES);
      System.arraycopy(linked, field, here, field, Integer.BYTES);
      assertThat(likeness(0).isLike(field / PAGE)).as("place %s", field).isFalse();
      System.arraycopy(moved, 0, here, field, Integer.BYTES);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {SLIDE, ELSEWHERE, 0})
  void pagesThatWereMovedAreAlikeAndOthersAreNot(long slide) {
    PageLikeness likeness = likeness(slide);
    int pages = layout.verifiedBytes() / PAGE;
    for (int page = 0; page < pages; page++) {
      assertThat(likeness.isLike(page)).as("page %s", page).isTrue();
    }
    Random random = new Random(slide);
    for (int i = 0; i < 2000; i++) {
      int at = random.nextInt(layout.verifiedBytes());
      here[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
      assertThat(likeness.isLike(at / PAGE)).as("place %s", at).isFalse();
      here[at] = relocated(SLIDE)[at];
    }
  }
}
