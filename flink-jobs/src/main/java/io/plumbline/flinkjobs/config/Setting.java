package io.plumbline.flinkjobs.config;

/** Every setting with its key and its default. */
public enum Setting {
  BOOTSTRAP_SERVERS("kafka.bootstrap-servers", null),
  TOPIC_PREFIX("kafka.topic-prefix", ""),
  CONSUMER_GROUP("kafka.consumer-group", "plumbline-analysis"),
  /** {@code embedded} or the root of a Confluent-compatible REST API. */
  REGISTRY("registry.url", "embedded"),
  REGISTRY_TIMEOUT("registry.timeout", "PT10S"),
  STATE_BACKEND("state.backend", "rocksdb"),
  CHECKPOINT_DIRECTORY("checkpoint.directory", null),
  CHECKPOINT_INTERVAL("checkpoint.interval", "PT10S"),
  PARALLELISM("parallelism", "1"),
  /** Many divisors, so that many parallelisms share the key groups evenly. */
  MAX_PARALLELISM("max-parallelism", "720"),
  SIGNATURE_STORE("signatures.location", null),
  DELIVERY("kafka.delivery", "at-least-once"),
  RESTART_ATTEMPTS("restart.attempts", "2147483647"),
  RESTART_DELAY("restart.delay", "PT5S"),
  WEB_PORT("web.port", "8081");

  private final String key;
  private final String byDefault;

  Setting(String key, String byDefault) {
    this.key = key;
    this.byDefault = byDefault;
  }

  /** Its name in a properties file. */
  public String key() {
    return key;
  }

  /** Its value if it is not set; null if it has to be. */
  public String byDefault() {
    return byDefault;
  }
}
