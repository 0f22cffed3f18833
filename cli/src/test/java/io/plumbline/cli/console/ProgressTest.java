package io.plumbline.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private static final Terminal STDERR_IS_A_TERMINAL = new Terminal(false, true, false);

  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private final ByteArrayOutputStream notes = new ByteArrayOutputStream();
  private long now;

  @Test
  void whatIsOverWithinTwoSecondsShowsNothing() {
    try (Progress progress = console(STDERR_IS_A_TERMINAL).progress("reading")) {
      after(Duration.ofMillis(1999));
      progress.at(1, 2, "half");
    }
    assertThat(notes()).isEmpty();
  }

  @Test
  void aBarIsDrawnOnATerminalAfterTwoSecondsAndWipedAtTheEnd() {
    try (Progress progress = console(STDERR_IS_A_TERMINAL).progress("reading")) {
      after(Duration.ofSeconds(2));
      progress.at(1, 2, "half");
    }
    assertThat(notes())
        .isEqualTo("\r\u001b[Kreading [##############..............]  50 % half, 2 s\r\u001b[K");
    assertThat(data()).isEmpty();
  }

  @Test
  void aBarIsRedrawnAtMostTenTimesASecond() {
    try (Progress progress = console(STDERR_IS_A_TERMINAL).progress("reading")) {
      after(Duration.ofSeconds(2));
      for (int step = 0; step < 1000; step++) {
        progress.at(step, 1000, "");
        after(Duration.ofMillis(1));
      }
    }
    assertThat(notes().split("\\[", -1).length - 1).isLessThanOrEqualTo(10 * 2 + 1);
  }

  @Test
  void dataWipesTheBarFirst() {
    Console console = console(new Terminal(true, true, false));
    try (Progress progress = console.progress("reading")) {
      after(Duration.ofSeconds(2));
      progress.at(1, 2, "half");
      console.line("a result");
      assertThat(notes()).endsWith("\r\u001b[K");
      assertThat(data()).isEqualTo("a result\n");
    }
  }

  @Test
  void elsewhereThereIsOneLineEveryTenSeconds() {
    try (Progress progress = console(Terminal.NONE).progress("reading")) {
      for (int second = 0; second < 35; second++) {
        progress.at(second, 100, "page " + second);
        after(Duration.ofSeconds(1));
      }
    }
    assertThat(notes())
        .isEqualTo(
            """
            reading: 10 % page 10, 10 s
            reading: 20 % page 20, 20 s
            reading: 30 % page 30, 30 s
            """);
  }

  @Test
  void anUnknownTotalIsZeroPerCentAndNotAFault() {
    try (Progress progress = console(Terminal.NONE).progress("reading")) {
      after(Duration.ofSeconds(10));
      progress.at(7, 0, "");
    }
    assertThat(notes()).startsWith("reading: 0 %");
  }

  private Console console(Terminal terminal) {
    return new Console(
        new PrintStream(data, true, StandardCharsets.UTF_8),
        new PrintStream(notes, true, StandardCharsets.UTF_8),
        terminal,
        Optional.of(OutputFormat.TABLE),
        () -> now);
  }

  private void after(Duration duration) {
    now += duration.toNanos();
  }

  private String data() {
    return data.toString(StandardCharsets.UTF_8);
  }

  private String notes() {
    return notes.toString(StandardCharsets.UTF_8);
  }
}
