package io.plumbline.ingest.guest.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.ingest.guest.file.ImageException;
import org.junit.jupiter.api.Test;

class PageIndexTest {
  @Test
  void aPageIsAbsentFilledOrSomewhereInTheFile() throws ImageException {
    PageIndex index = new PageIndex(1000, new PageIndex.Budget("image", 1 << 20));
    index.filled(1, 0);
    index.filled(2, 255);
    index.at(999, 123_456_789_012L);
    assertThat(index.has(0)).isFalse();
    assertThat(index.isFilled(1)).isTrue();
    assertThat(index.fill(1)).isZero();
    assertThat(index.fill(2)).isEqualTo(255);
    assertThat(index.isFilled(999)).isFalse();
    assertThat(index.offset(999)).isEqualTo(123_456_789_012L);
    assertThat(index.absent()).isEqualTo(997);
  }

  @Test
  void scatteredPagesOfManyBlocksShareOneBudget() throws ImageException {
    PageIndex.Budget budget = new PageIndex.Budget("image", 20_000);
    PageIndex first = new PageIndex(512 * 100L, budget);
    PageIndex second = new PageIndex(512 * 100L, budget);
    first.at(0, 1);
    first.at(512, 1);
    second.at(0, 1);
    second.at(512, 1);
    assertThatThrownBy(() -> second.at(1024, 1))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("quarter of the Java heap");
  }

  @Test
  void aClaimOfMoreRamThanTheBudgetCoversIsRefusedAtOnce() {
    assertThatThrownBy(() -> new PageIndex(1L << 32, new PageIndex.Budget("image", 1 << 20)))
        .isInstanceOf(ImageException.class);
  }
}
