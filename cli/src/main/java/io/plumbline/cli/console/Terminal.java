package io.plumbline.cli.console;

import java.util.Map;
import java.util.Properties;

/**
 * What stands behind the two streams.
 *
 * @param stdout whether a terminal reads stdout
 * @param stderr whether a terminal reads stderr: only then is a progress bar drawn
 * @param colour whether escape sequences for colour may be used on stdout
 */
public record Terminal(boolean stdout, boolean stderr, boolean colour) {
  /** Neither stream is read by a person. */
  public static final Terminal NONE = new Terminal(false, false, false);

  /**
   * Asks the launcher, which can look at the file descriptors. {@code System.console()} cannot say:
   * it wants stdin as well, and from JDK 22 on it is there for pipes too.
   *
   * @param environment for {@code NO_COLOR} (no-color.org: any value that is not empty) and {@code
   *     TERM}
   */
  public static Terminal of(Properties properties, Map<String, String> environment) {
    boolean stdout = Boolean.parseBoolean(properties.getProperty("plumbline.terminal.stdout"));
    boolean stderr = Boolean.parseBoolean(properties.getProperty("plumbline.terminal.stderr"));
    boolean plain =
        !environment.getOrDefault("NO_COLOR", "").isEmpty()
            || environment.getOrDefault("TERM", "dumb").equals("dumb");
    return new Terminal(stdout, stderr, stdout && !plain);
  }

  /** The format a command uses when none was asked for. */
  public OutputFormat defaultFormat() {
    return stdout ? OutputFormat.TABLE : OutputFormat.JSON;
  }
}
