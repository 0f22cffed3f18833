package io.plumbline.cli.collect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.ingest.capture.PagesMode;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CollectorSettingsTest {
  private static final String LEAST =
      "{'brokers': 'kafka:9092', 'host': 'host-1', 'vms': [{'id': 'vm-1', 'image': 'a'}]}";

  @TempDir private Path folder;

  @Test
  void whatIsNotSaidHasADefault() throws Exception {
    CollectorConfiguration read = read(LEAST);
    assertThat(read.registry()).isEmpty();
    assertThat(read.interval()).isEqualTo(Duration.ofSeconds(30));
    assertThat(read.patience()).isEqualTo(Duration.ofSeconds(30));
    assertThat(read.keptBytes()).isEqualTo(256L << 20);
    assertThat(read.vms())
        .containsExactly(
            new CollectedVm("vm-1", folder.resolve("a"), Optional.empty(), PagesMode.KERNEL));
  }

  @Test
  void everySettingIsMapped() throws Exception {
    CollectorConfiguration read =
        read(
            "{'brokers': 'a:1,b:2', 'registry': 'http://registry:8081', 'host': 'host-2',"
                + " 'interval': 'PT2S', 'patience': 'PT5S', 'keptBytes': 4096, 'vms': ["
                + "{'id': 'one', 'image': '/images/one', 'registers': 'one.json', 'pages': 'full'},"
                + "{'id': 'two', 'image': 'two', 'pages': 'kernel'}]}");
    assertThat(read)
        .isEqualTo(
            new CollectorConfiguration(
                "a:1,b:2",
                Optional.of(URI.create("http://registry:8081")),
                "host-2",
                Duration.ofSeconds(2),
                Duration.ofSeconds(5),
                4096,
                List.of(
                    new CollectedVm(
                        "one",
                        Path.of("/images/one"),
                        Optional.of(folder.resolve("one.json")),
                        PagesMode.FULL),
                    new CollectedVm(
                        "two", folder.resolve("two"), Optional.empty(), PagesMode.KERNEL))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "'kafka:9092'   | 'kafka'         | brokers: expected host:port",
        "'kafka:9092'   | 7               | brokers: expected host:port",
        "'host-1'       | ''              | host: expected a name of 1 to 255 bytes, found \"\"",
        "'host': 'host-1' | 'hosts': 'x'  | hosts: no such setting",
        "'host': 'host-1', |              | host: expected a name of 1 to 255 bytes, found nothing",
        "'host': 'host-1' | 'host': 'h', 'registry': 'ftp://x' | registry: expected an http",
        "'host': 'host-1' | 'host': 'h', 'registry': 5   | registry: expected an http",
        "'host': 'host-1' | 'host': 'h', 'registry': ' ' | registry: expected an http",
        "'host': 'host-1' | 'host': 'h', 'interval': 'soon' | interval: expected an ISO-8601",
        "'host': 'host-1' | 'host': 'h', 'interval': 'PT0S' | interval: expected an ISO-8601",
        "'host': 'host-1' | 'host': 'h', 'patience': 'P2D' | patience: expected an ISO-8601",
        "'host': 'host-1' | 'host': 'h', 'keptBytes': -1 | keptBytes: expected 0 or more",
        "'host': 'host-1' | 'host': 'h', 'keptBytes': 'x' | keptBytes: expected 0 or more",
        "{'id': 'vm-1', 'image': 'a'} | | vms: expected an array of at least one guest",
        "[{'id': 'vm-1', 'image': 'a'}] | 3 | vms: expected an array of at least one guest",
        "'id': 'vm-1'   | 'id': ' '       | vms[0].id: expected a name",
        "'image': 'a'   | 'image': ''     | vms[0].image: expected a file",
        ", 'image': 'a' |                 | vms[0].image: expected a file, found nothing",
        "'image': 'a'   | 'image': 'a', 'registers': 1 | vms[0].registers: expected a file",
        "'image': 'a'   | 'image': 'a', 'pages': 'some' | vms[0].pages: expected kernel or full",
        "'image': 'a'   | 'image': 'a', 'page': 'full' | vms[0].page: no such setting",
        "'image': 'a'}  | 'image': 'a'}, {'id': 'vm-1', 'image': 'b'} | vms[1].id: expected a new",
      })
  void whatIsWrongIsNamed(String right, String wrong, String complaint) {
    String settings = LEAST.replace(right, wrong == null ? "" : wrong);
    assertThat(settings).isNotEqualTo(LEAST);
    assertThatThrownBy(() -> read(settings))
        .isInstanceOf(CollectorSettingsException.class)
        .hasMessageContaining("collect.json: ")
        .hasMessageContaining(complaint);
  }

  @Test
  void everythingWrongIsToldAtOnce() {
    assertThatThrownBy(() -> read("{}"))
        .hasMessageContaining("brokers: ")
        .hasMessageContaining("host: ")
        .hasMessageContaining("vms: ");
  }

  @Test
  void whatIsNoJsonIsRefusedWithItsPlace() {
    assertThatThrownBy(() -> read("{'brokers': "))
        .isInstanceOf(CollectorSettingsException.class)
        .hasMessageContaining("expected JSON, found a mistake at line 1");
  }

  private CollectorConfiguration read(String settings) throws Exception {
    Path file = folder.resolve("collect.json");
    return CollectorSettings.read(Files.writeString(file, settings.replace('\'', '"')));
  }
}
