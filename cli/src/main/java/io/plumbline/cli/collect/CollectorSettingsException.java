package io.plumbline.cli.collect;

import java.nio.file.Path;
import java.util.List;

/** A collector's configuration is wrong; one line that names each setting, expected and found. */
public final class CollectorSettingsException extends Exception {
  private static final long serialVersionUID = 1L;

  CollectorSettingsException(Path file, List<String> rejections) {
    super(file + ": " + String.join("; ", rejections));
  }
}
