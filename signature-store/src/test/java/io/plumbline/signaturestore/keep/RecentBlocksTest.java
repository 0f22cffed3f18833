package io.plumbline.signaturestore.keep;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Blocks of modules that were unpacked last. */
class RecentBlocksTest {
  private static PackedModules.Block block() {
    return new PackedModules.Block(new byte[1], 1);
  }

  @Test
  void theBlocksThatWereAskedForLastAreKeptAndNoneIsTakenForAnother() {
    RecentBlocks recent = new RecentBlocks(2);
    PackedModules.Block first = block();
    PackedModules.Block second = block();
    byte[] content = {1};
    byte[] other = {2};
    recent.keep(first, content);
    recent.keep(second, other);
    assertThat(recent.of(block())).isEmpty();
    assertThat(recent.of(first)).containsSame(content);

    recent.keep(block(), new byte[1]);

    assertThat(recent.of(first)).containsSame(content);
    assertThat(recent.of(second)).as("not asked for longest").isEmpty();
  }
}
