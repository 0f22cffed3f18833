package io.plumbline.flinkjobs.config;

import java.util.List;

/** Settings are wrong; the message is one line and names each, what was expected and found. */
public final class ConfigurationException extends Exception {
  private static final long serialVersionUID = 1L;

  ConfigurationException(List<String> rejections) {
    super("configuration: " + String.join("; ", rejections));
  }
}
