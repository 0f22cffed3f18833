package io.plumbline.introspection.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PageBytesTest {
  @Test
  void whoIsKeptAloneTakesNoMoreThanAPage() {
    byte[] several = new byte[3 * PageBytes.SIZE];
    several[PageBytes.SIZE + 5] = 7;
    PageBytes page = PageBytes.wrap(several, PageBytes.SIZE);

    PageBytes alone = page.alone();

    assertThat(alone.contentEquals(page)).isTrue();
    assertThat(alone.backingArray()).hasSize(PageBytes.SIZE);
    assertThat(alone.alone()).isSameAs(alone);
  }
}
