package io.plumbline.cli.console;

/** The few colours used, as ECMA-48 select-graphic-rendition parameters. */
public enum Colour {
  RED("31"),
  GREEN("32"),
  YELLOW("33"),
  BOLD("1"),
  DIM("2");

  private final String parameter;

  Colour(String parameter) {
    this.parameter = parameter;
  }

  String on(String text) {
    return "\u001b[" + parameter + "m" + text + "\u001b[0m";
  }
}
