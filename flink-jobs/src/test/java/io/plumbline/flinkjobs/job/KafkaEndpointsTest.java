package io.plumbline.flinkjobs.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.config.JobConfiguration;
import io.plumbline.flinkjobs.operator.AnalysisSettings;
import io.plumbline.flinkjobs.operator.ContentJudge;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.Test;

/** The operators that the production topology gets from its Kafka sinks. */
class KafkaEndpointsTest {
  @Test
  void atLeastOnceHasNoCommittersAndExactlyOnceHasOneForEachSink() throws Exception {
    assertThat(operators("at-least-once")).filteredOn(name -> name.endsWith("Writer")).hasSize(6);
    assertThat(operators("at-least-once")).noneMatch(name -> name.endsWith("Committer"));
    assertThat(operators("exactly-once")).filteredOn(name -> name.endsWith("Committer")).hasSize(6);
  }

  private static List<String> operators(String delivery) throws Exception {
    JobConfiguration job =
        JobConfiguration.of(
            Map.of(
                "kafka.bootstrap-servers", "unused:1",
                "checkpoint.directory", "file:///unused",
                "signatures.location", "file:///unused",
                "kafka.delivery", delivery));
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(FlinkSettings.of(job));
    PlumblineJob.build(
        env,
        KafkaEndpoints.sources(job),
        KafkaEndpoints.sinks(job),
        ContentJudge::new,
        (id, location) -> ContentJudge.signatureOf(1),
        new AnalysisSettings(Duration.ofMinutes(2), Duration.ofMinutes(10), 25));
    return env.getStreamGraph().getStreamNodes().stream().map(StreamNode::getOperatorName).toList();
  }
}
