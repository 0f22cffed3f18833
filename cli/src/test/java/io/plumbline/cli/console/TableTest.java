package io.plumbline.cli.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void columnsAreAsWideAsTheirWidestCell() {
    assertThat(new Table("VM", "BUILD").row("web-7", "6.1").row("a", "5.10.0-32").lines())
        .containsExactly("VM     BUILD", "web-7  6.1", "a      5.10.0-32");
  }

  @Test
  void aNameOutOfAGuestCannotRewriteTheTerminal() {
    assertThat(new Table("NAME").row("good\u001b[2Jbad\r\n").lines().get(1))
        .isEqualTo("good\uFFFD[2Jbad\uFFFD\uFFFD");
  }

  @Test
  void aRowOfAnotherLengthIsABug() {
    assertThatThrownBy(() -> new Table("A", "B").row("only one"))
        .hasMessageContaining("2 cells, not 1");
  }
}
