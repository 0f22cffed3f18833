package io.plumbline.cli.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The two streams of a command. Data goes to stdout; notes, errors and the progress bar go to
 * stderr. When both are one terminal, the bar's line is wiped before anything else is written and
 * drawn again at its next step.
 */
public final class Console {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String WIPE_LINE = "\r\u001b[K";

  private final PrintStream stdout;
  private final PrintStream stderr;
  private final Terminal terminal;
  private final OutputFormat format;
  private final LongSupplier nanoTime;
  private boolean barShown;

  /**
   * @param asked the format the user asked for
   * @param nanoTime a clock that only rises, nanoseconds
   */
  public Console(
      PrintStream stdout,
      PrintStream stderr,
      Terminal terminal,
      Optional<OutputFormat> asked,
      LongSupplier nanoTime) {
    this.stdout = stdout;
    this.stderr = stderr;
    this.terminal = terminal;
    this.format = asked.orElseGet(terminal::defaultFormat);
    this.nanoTime = nanoTime;
  }

  public OutputFormat format() {
    return format;
  }

  /** One line of text for people on stdout. */
  public synchronized void line(String text) {
    wipeBar();
    stdout.println(text);
    stdout.flush();
  }

  /** A table on stdout. */
  public void table(Table table) {
    table.lines().forEach(this::line);
  }

  /** One object: a single line for {@link OutputFormat#JSONL}, indented otherwise. */
  public void json(JsonNode node) {
    try {
      boolean oneLine = format == OutputFormat.JSONL;
      line(
          oneLine
              ? MAPPER.writeValueAsString(node)
              : MAPPER.writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(node));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of JSON nodes can always be written", e);
    }
  }

  /** A list of alike things in the format that was asked for. */
  public void listing(Table table, List<? extends JsonNode> objects) {
    switch (format) {
      case TABLE -> table(table);
      case JSON -> json(MAPPER.createArrayNode().addAll(objects));
      case JSONL -> objects.forEach(this::json);
    }
  }

  /** One line for people on stderr. */
  public synchronized void note(String text) {
    wipeBar();
    stderr.println(text);
    stderr.flush();
  }

  /** {@code text} in colour, or as it is where colour is not wanted. */
  public String paint(Colour colour, String text) {
    return terminal.colour() ? colour.on(text) : text;
  }

  /** Starts reporting on something that may take longer than two seconds. */
  public Progress progress(String what) {
    return new Progress(this, what, nanoTime);
  }

  boolean drawsBars() {
    return terminal.stderr();
  }

  synchronized void bar(String text) {
    stderr.print(WIPE_LINE + text);
    stderr.flush();
    barShown = true;
  }

  synchronized void wipeBar() {
    if (barShown) {
      stderr.print(WIPE_LINE);
      stderr.flush();
      barShown = false;
    }
  }
}
