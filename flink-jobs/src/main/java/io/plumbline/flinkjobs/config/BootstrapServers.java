package io.plumbline.flinkjobs.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Kafka's bootstrap servers as people write them. */
public final class BootstrapServers {
  /** What is expected, for messages. */
  public static final String FORM = "host:port, several separated by commas";

  private static final Pattern SERVER = Pattern.compile("[^\\s:,]+:([0-9]{1,5})");
  private static final int LAST_PORT = 65_535;

  private BootstrapServers() {}

  /** Whether {@code text} has that form; whether anybody is there is another question. */
  public static boolean isWellFormed(String text) {
    for (String each : text.split(",", -1)) {
      Matcher server = SERVER.matcher(each);
      if (!server.matches() || !isPort(Integer.parseInt(server.group(1)))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPort(int port) {
    return port >= 1 && port <= LAST_PORT;
  }
}
