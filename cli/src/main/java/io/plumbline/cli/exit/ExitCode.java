package io.plumbline.cli.exit;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the process says to its caller; part of the contract, so a number never changes meaning. */
public enum ExitCode {
  /** The guest is trusted, or the command did what it was asked. */
  OK(0, "trusted or done"),
  VIOLATION(1, "a violation was found"),
  USAGE(2, "usage: the command line or the configuration is wrong"),
  UNDECIDED(3, "undecided: the build is unknown or the guest is not measurable"),
  UNREADABLE(4, "input unreadable"),
  UNREACHABLE(5, "Kafka or the schema registry is unreachable"),
  /** Plumbline's own fault, or its embedded broker's or cluster's; BSD's EX_SOFTWARE. */
  FAILED(70, "failed for a reason that is neither the input nor the command line"),
  /** 128 + SIGINT, as shells have it. */
  INTERRUPTED(130, "interrupted");

  private final int code;
  private final String meaning;

  ExitCode(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  /** The process's exit status. */
  public int code() {
    return code;
  }

  /** One line for {@code --help}. */
  public String meaning() {
    return meaning;
  }

  /** Every code and its meaning, ascending, as {@code --help} prints them. */
  public static Map<String, String> listing() {
    Map<String, String> listing = new LinkedHashMap<>();
    Arrays.stream(values()).forEach(exit -> listing.put(Integer.toString(exit.code), exit.meaning));
    return listing;
  }
}
