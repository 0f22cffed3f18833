package io.plumbline.cli.console;

import java.util.Locale;

/** The shape of what goes to stdout. */
public enum OutputFormat {
  /** Columns and lines for people. */
  TABLE,
  /** One JSON value for the whole output, indented. */
  JSON,
  /** One JSON object a line, as soon as it is known. */
  JSONL;

  /** The name on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
