package io.plumbline.introspection.trust;

import java.util.Locale;

/** How much a finding matters to whoever has to react; the names of OCSF's severity_id. */
public enum Severity {
  INFORMATIONAL,
  LOW,
  MEDIUM,
  HIGH,
  CRITICAL;

  /** The name used in JSON and on topics. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
