package io.plumbline.flinkjobs.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.flinkjobs.config.JobConfiguration.Delivery;
import io.plumbline.flinkjobs.config.JobConfiguration.StateBackend;
import io.plumbline.flinkjobs.wire.RegistryAddress;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobConfigurationTest {
  private static final Map<String, String> REQUIRED =
      Map.of(
          "kafka.bootstrap-servers", "127.0.0.1:9092",
          "checkpoint.directory", "file:///checkpoints",
          "signatures.location", "file:///signatures");

  @Test
  void whatIsNotSetHasItsDefault() throws ConfigurationException {
    assertThat(JobConfiguration.of(REQUIRED))
        .isEqualTo(
            new JobConfiguration(
                "127.0.0.1:9092",
                "",
                "plumbline-analysis",
                RegistryAddress.EMBEDDED,
                StateBackend.ROCKSDB,
                URI.create("file:///checkpoints"),
                Duration.ofSeconds(10),
                1,
                8000,
                URI.create("file:///signatures"),
                Delivery.AT_LEAST_ONCE,
                Integer.MAX_VALUE,
                Duration.ofSeconds(5),
                8081,
                Duration.ofMinutes(2),
                Duration.ofMinutes(10),
                50));
  }

  @Test
  void everySettingIsMapped() throws ConfigurationException {
    Map<String, String> settings = new HashMap<>();
    settings.put("kafka.bootstrap-servers", "a:1,b:2");
    settings.put("kafka.topic-prefix", "test.");
    settings.put("kafka.consumer-group", "group");
    settings.put("registry.url", "http://registry:8081");
    settings.put("registry.timeout", "PT3S");
    settings.put("state.backend", "hashmap");
    settings.put("checkpoint.directory", "s3://bucket/checkpoints");
    settings.put("checkpoint.interval", "PT1S");
    settings.put("parallelism", "4");
    settings.put("max-parallelism", "128");
    settings.put("signatures.location", "hdfs:///signatures");
    settings.put("kafka.delivery", "exactly-once");
    settings.put("restart.attempts", "0");
    settings.put("restart.delay", "PT2S");
    settings.put("web.port", "-1");
    settings.put("liveness.stale-after", "PT30S");
    settings.put("liveness.blind-after", "PT1M");
    settings.put("verdicts.most-share", "100");
    assertThat(settings).as("every setting is in this test").hasSize(Setting.values().length);

    JobConfiguration mapped = JobConfiguration.of(settings);
    assertThat(mapped)
        .isEqualTo(
            new JobConfiguration(
                "a:1,b:2",
                "test.",
                "group",
                new RegistryAddress(URI.create("http://registry:8081"), Duration.ofSeconds(3)),
                StateBackend.HASHMAP,
                URI.create("s3://bucket/checkpoints"),
                Duration.ofSeconds(1),
                4,
                128,
                URI.create("hdfs:///signatures"),
                Delivery.EXACTLY_ONCE,
                0,
                Duration.ofSeconds(2),
                -1,
                Duration.ofSeconds(30),
                Duration.ofMinutes(1),
                100));
    assertThat(mapped.topicName("plumbline.trust")).isEqualTo("test.plumbline.trust");
  }

  @ParameterizedTest
  @CsvSource({
    "kafka.bootstrap-servers, localhost",
    "kafka.topic-prefix, a b",
    "kafka.consumer-group, ''",
    "registry.url, ftp://registry",
    "registry.url, registry",
    "registry.timeout, 10",
    "state.backend, memory",
    "checkpoint.directory, /relative",
    "checkpoint.interval, PT0S",
    "parallelism, 0",
    "parallelism, 8001",
    "max-parallelism, 32769",
    "signatures.location, '%%'",
    "kafka.delivery, never",
    "restart.attempts, -1",
    "restart.delay, soon",
    "web.port, 65536",
    "liveness.stale-after, 120",
    "liveness.blind-after, PT2M",
    "verdicts.most-share, 0",
    "verdicts.most-share, 101",
    "no-such-setting, 1",
  })
  void aWrongSettingIsNamedWithWhatWasFound(String key, String value) {
    Map<String, String> settings = new HashMap<>(REQUIRED);
    settings.put(key, value);
    assertThatThrownBy(() -> JobConfiguration.of(settings))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(key)
        .hasMessageNotContaining("\n");
  }

  @Test
  void everythingThatIsMissingIsNamedAtOnce() {
    assertThatThrownBy(() -> JobConfiguration.of(Map.of()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("kafka.bootstrap-servers")
        .hasMessageContaining("checkpoint.directory")
        .hasMessageContaining("signatures.location")
        .hasMessageContaining("found nothing");
  }
}
