package io.plumbline.flinkjobs.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** Settings in a properties file, UTF-8. */
public final class SettingsFile {
  private SettingsFile() {}

  /**
   * The settings in {@code file}, unchecked.
   *
   * @throws IOException if it cannot be read or is no properties file
   */
  public static Map<String, String> read(Path file) throws IOException {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(TextFile.read(file)));
    } catch (IllegalArgumentException e) { // an escape that is none
      throw new IOException(
          file + ": expected a properties file, found one with " + e.getMessage(), e);
    }
    Map<String, String> settings = new HashMap<>();
    properties.stringPropertyNames().forEach(key -> settings.put(key, properties.getProperty(key)));
    return settings;
  }
}
