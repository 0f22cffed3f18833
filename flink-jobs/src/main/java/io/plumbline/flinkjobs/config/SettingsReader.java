package io.plumbline.flinkjobs.config;

import io.plumbline.flinkjobs.wire.RegistryAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads settings and collects what is wrong with them, so that one start tells everything. What a
 * method returns for a wrong setting does not matter, since {@link #finish} then throws.
 */
final class SettingsReader {

  /** What Flink takes for the interval between checkpoints at least. */
  private static final Duration SHORTEST = Duration.ofMillis(10);

  private static final Duration LONGEST = Duration.ofDays(365);
  private static final URI NO_URI = URI.create("rejected:setting");
  private static final Pattern TOPIC_PREFIX = Pattern.compile("[A-Za-z0-9._-]{0,100}");

  private final Map<String, String> settings;
  private final List<String> rejections = new ArrayList<>();

  SettingsReader(Map<String, String> settings) {
    this.settings = settings;
    Set<String> unknown = new TreeSet<>(settings.keySet());
    for (Setting each : Setting.values()) {
      unknown.remove(each.key());
    }
    unknown.forEach(key -> rejections.add(key + ": no such setting"));
  }

  String text(Setting setting) {
    return matching(setting, Pattern.compile("\\S+"), "a word");
  }

  String servers(Setting setting) {
    String value = value(setting);
    if (!BootstrapServers.isWellFormed(value)) {
      reject(setting, BootstrapServers.FORM, value);
    }
    return value;
  }

  String topicPrefix(Setting setting) {
    return matching(setting, TOPIC_PREFIX, "at most 100 letters, digits, '.', '_' or '-'");
  }

  int number(Setting setting, int least, int most) {
    String value = value(setting);
    try {
      int number = Integer.parseInt(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Rejected below, like a number out of range.
    }
    reject(setting, "a number from " + least + " to " + most, value);
    return least;
  }

  Duration duration(Setting setting) {
    String value = value(setting);
    try {
      Duration duration = Duration.parse(value);
      if (duration.compareTo(SHORTEST) >= 0 && duration.compareTo(LONGEST) <= 0) {
        return duration;
      }
    } catch (DateTimeParseException e) {
      // Rejected below, like one out of range.
    }
    reject(setting, "an ISO-8601 duration of 10 ms to 365 days, such as PT10S", value);
    return SHORTEST;
  }

  URI uri(Setting setting) {
    String value = value(setting);
    try {
      URI uri = new URI(value);
      if (uri.isAbsolute()) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Rejected below, like one without a scheme.
    }
    reject(setting, "a URI with a scheme, such as file:///var/lib/plumbline", value);
    return NO_URI;
  }

  RegistryAddress registry(Setting url, Setting timeout) {
    Duration longest = duration(timeout);
    if (value(url).equals("embedded")) {
      return RegistryAddress.EMBEDDED;
    }
    URI root = uri(url);
    if (root.equals(NO_URI)) {
      return RegistryAddress.EMBEDDED;
    }
    if (!root.getScheme().matches("https?") || root.getHost() == null) {
      reject(url, "'embedded' or an http or https URL", value(url));
    }
    return new RegistryAddress(root, longest);
  }

  <E extends Enum<E>> E choice(Setting setting, Class<E> type) {
    E[] constants = type.getEnumConstants();
    String value = value(setting);
    for (E each : constants) {
      if (word(each).equals(value)) {
        return each;
      }
    }
    String words =
        Arrays.stream(constants).map(SettingsReader::word).collect(Collectors.joining(" or "));
    reject(setting, words, value);
    return constants[0];
  }

  void reject(Setting setting, String expected, String found) {
    String shown =
        settings.containsKey(setting.key()) || setting.byDefault() != null
            ? "'" + found + "'"
            : "nothing";
    rejections.add(setting.key() + ": expected " + expected + ", found " + shown);
  }

  void finish() throws ConfigurationException {
    if (!rejections.isEmpty()) {
      throw new ConfigurationException(rejections);
    }
  }

  private String matching(Setting setting, Pattern form, String expected) {
    String value = value(setting);
    if (!form.matcher(value).matches()) {
      reject(setting, expected, value);
    }
    return value;
  }

  private String value(Setting setting) {
    String byDefault = setting.byDefault() == null ? "" : setting.byDefault();
    return settings.getOrDefault(setting.key(), byDefault).trim();
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
