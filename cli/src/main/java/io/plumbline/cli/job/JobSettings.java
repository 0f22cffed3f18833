package io.plumbline.cli.job;

import io.plumbline.flinkjobs.config.ConfigurationException;
import io.plumbline.flinkjobs.config.JobConfiguration;
import io.plumbline.flinkjobs.config.Setting;
import io.plumbline.flinkjobs.config.SettingsFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Settings of the job, gathered from a file and from the command line, which counts more. */
public final class JobSettings {
  private final Map<String, String> settings = new HashMap<>();

  /**
   * Takes in a properties file in UTF-8.
   *
   * @throws IOException if it cannot be read or is none
   */
  public void readFrom(Path file) throws IOException {
    settings.putAll(SettingsFile.read(file));
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
