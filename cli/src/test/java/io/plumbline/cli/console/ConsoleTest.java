package io.plumbline.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class ConsoleTest {
  private static final ObjectNode ONE = JsonNodeFactory.instance.objectNode().put("n", 1);
  private static final ObjectNode TWO = JsonNodeFactory.instance.objectNode().put("n", 2);

  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private final ByteArrayOutputStream notes = new ByteArrayOutputStream();

  @Test
  void aListingIsATableOrAnArrayOrALinePerObject() {
    assertThat(listing(OutputFormat.TABLE)).isEqualTo("N\n1\n2\n");
    assertThat(listing(OutputFormat.JSON)).isEqualTo("[ {\n  \"n\" : 1\n}, {\n  \"n\" : 2\n} ]\n");
    assertThat(listing(OutputFormat.JSONL)).isEqualTo("{\"n\":1}\n{\"n\":2}\n");
  }

  @Test
  void notesNeverReachStdout() {
    console(Terminal.NONE, Optional.empty()).note("only a note");
    assertThat(data.size()).isZero();
    assertThat(notes.toString(StandardCharsets.UTF_8)).isEqualTo("only a note\n");
  }

  @Test
  void aTerminalGetsTablesAndAPipeGetsJson() {
    assertThat(console(new Terminal(true, true, true), Optional.empty()).format())
        .isEqualTo(OutputFormat.TABLE);
    assertThat(console(Terminal.NONE, Optional.empty()).format()).isEqualTo(OutputFormat.JSON);
  }

  @Test
  void colourNeedsATerminalAndNobodyWhoForbidsIt() {
    Properties launched = new Properties();
    launched.setProperty("plumbline.terminal.stdout", "true");
    assertThat(Terminal.of(launched, Map.of("TERM", "xterm")).colour()).isTrue();
    assertThat(Terminal.of(launched, Map.of("TERM", "xterm", "NO_COLOR", "1")).colour()).isFalse();
    assertThat(Terminal.of(launched, Map.of("TERM", "xterm", "NO_COLOR", "")).colour()).isTrue();
    assertThat(Terminal.of(launched, Map.of("TERM", "dumb")).colour()).isFalse();
    assertThat(Terminal.of(new Properties(), Map.of("TERM", "xterm")).colour()).isFalse();
  }

  @Test
  void paintIsAnEscapeSequenceOrNothing() {
    assertThat(console(new Terminal(true, true, true), Optional.empty()).paint(Colour.RED, "x"))
        .isEqualTo("\u001b[31mx\u001b[0m");
    assertThat(console(Terminal.NONE, Optional.empty()).paint(Colour.RED, "x")).isEqualTo("x");
  }

  private String listing(OutputFormat format) {
    data.reset();
    console(Terminal.NONE, Optional.of(format))
        .listing(new Table("N").row(1).row(2), List.of(ONE, TWO));
    return data.toString(StandardCharsets.UTF_8);
  }

  private Console console(Terminal terminal, Optional<OutputFormat> format) {
    return new Console(
        new PrintStream(data, true, StandardCharsets.UTF_8),
        new PrintStream(notes, true, StandardCharsets.UTF_8),
        terminal,
        format,
        () -> 0);
  }
}
