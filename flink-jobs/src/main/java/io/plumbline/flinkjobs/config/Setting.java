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
  /** Eight key groups for each of 1,000 instances, and as many for each at smaller divisors. */
  MAX_PARALLELISM("max-parallelism", "8000"),
  SIGNATURE_STORE("signatures.location", null),
  DELIVERY("kafka.delivery", "at-least-once"),
  RESTART_ATTEMPTS("restart.attempts", "2147483647"),
  RESTART_DELAY("restart.delay", "PT5S"),
  WEB_PORT("web.port", "8081"),
  /** Four rounds of a collector with its default interval. */
  STALE_AFTER("liveness.stale-after", "PT2M"),
  BLIND_AFTER("liveness.blind-after", "PT10M"),
  /** Percent of a parallel instance's time that verdicts on one VM may take. */
  MOST_SHARE("verdicts.most-share", "50");

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
