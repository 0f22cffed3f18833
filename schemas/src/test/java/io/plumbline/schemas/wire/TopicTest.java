package io.plumbline.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TopicTest {
  @Test
  void everyTopicHasOneContract() {
    assertThat(Contract.all())
        .extracting(Contract::topic)
        .containsExactlyInAnyOrder(Topic.values());
  }

  @Test
  void aCompactedTopicKeepsTheNewestRecordOfAKeyForEver() {
    assertThat(Topic.TRUST.settings()).isEqualTo(Map.of("cleanup.policy", "compact"));
  }

  @Test
  void aTopicOfEventsForgetsThem() {
    assertThat(Topic.OBSERVATIONS.settings())
        .isEqualTo(Map.of("cleanup.policy", "delete", "retention.ms", "604800000"));
  }

  @ParameterizedTest
  @EnumSource
  void theDocumentSaysWhatTheTableSays(Topic topic) throws Exception {
    String line =
        Files.readAllLines(Path.of("..", "docs", "topics.md")).stream()
            .filter(each -> each.startsWith("| `" + topic.topicName() + "` |"))
            .findFirst()
            .orElseThrow(() -> new AssertionError("not in docs/topics.md: " + topic));
    String[] columns = line.split(" \\| ", -1);
    assertThat(columns[3]).isEqualTo(Integer.toString(topic.partitions()));
    String kept = topic.retention().map(each -> ", " + each.toDays() + " day").orElse("");
    assertThat(columns[4]).startsWith(topic.settings().get("cleanup.policy") + kept);
  }
}
