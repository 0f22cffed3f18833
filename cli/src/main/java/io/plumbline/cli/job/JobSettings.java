package io.plumbline.cli.job;

import io.plumbline.flinkjobs.config.ConfigurationException;
import io.plumbline.flinkjobs.config.JobConfiguration;
import io.plumbline.flinkjobs.config.Setting;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** Settings of the job, gathered from a file and from the command line, which counts more. */
public final class JobSettings {
  private final Map<String, String> settings = new HashMap<>();

  /**
   * Takes in a properties file in UTF-8.
   *
   * @throws IOException if it cannot be read or is none
   */
  public void readFrom(Path file) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IllegalArgumentException e) { // an escape that is none
      throw new IOException(file + ": expected a properties file: " + e.getMessage(), e);
    }
    properties.stringPropertyNames().forEach(key -> settings.put(key, properties.getProperty(key)));
  }

  /** Sets one, unless {@code value} is null. */
  public void put(Setting setting, Object value) {
    if (value != null) {
      settings.put(setting.key(), value.toString());
    }
  }

  /** Sets a place, given as a URI or as a folder of this machine, unless {@code value} is null. */
  public void putPlace(Setting setting, String value) {
    if (value != null) {
      boolean uri = value.matches("[A-Za-z][A-Za-z0-9+.-]*:.*");
      put(setting, uri ? value : folder(Path.of(value)));
    }
  }

  /** Sets a folder of this machine where nothing was set before. */
  public void putDefaultFolder(Setting setting, Path value) {
    settings.putIfAbsent(setting.key(), folder(value).toString());
  }

  private static URI folder(Path folder) {
    return folder.toAbsolutePath().toUri();
  }

  /** The configuration, complete and checked. */
  public JobConfiguration configuration() throws ConfigurationException {
    return JobConfiguration.of(settings);
  }
}
