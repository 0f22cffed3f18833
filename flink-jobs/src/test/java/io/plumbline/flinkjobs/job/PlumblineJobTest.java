package io.plumbline.flinkjobs.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.config.JobConfiguration;
import io.plumbline.flinkjobs.operator.AnalysisSettings;
import io.plumbline.flinkjobs.operator.CaptureScript;
import io.plumbline.flinkjobs.operator.ContentJudge;
import io.plumbline.flinkjobs.state.FindingActivity;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.IncomingObservation;
import io.plumbline.flinkjobs.state.IncomingSignature;
import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.flinkjobs.state.TrustRecord;
import io.plumbline.introspection.trust.TrustState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlumblineJobTest {
  private static final int BUILD = 7;
  private static final Map<String, Queue<Object>> WRITTEN = new ConcurrentHashMap<>();
  private static final List<IncomingObservation> OBSERVATIONS = new ArrayList<>();

  @BeforeEach
  void nothingIsLeftOfAnotherTest() {
    WRITTEN.clear();
    OBSERVATIONS.clear();
  }

  @Test
  void theProductionTopologyTurnsObservationsIntoResults(@TempDir Path folder) throws Exception {
    Origin origin = new Origin("observations", 0, 0, -1);
    OBSERVATIONS.add(new IncomingObservation(null, new Refusal(origin, "bad", null, null)));
    for (String vm : List.of("vm-1", "vm-2")) {
      CaptureScript script = new CaptureScript(vm, 5).cleanSnapshot(BUILD);
      if (vm.equals("vm-2")) {
        script.patches(Map.of(3L, CaptureScript.page(ContentJudge.TAMPERED, 1, 0)));
      }
      script.observations().forEach(each -> OBSERVATIONS.add(new IncomingObservation(each, null)));
    }
    JobConfiguration configuration =
        JobConfiguration.of(
            Map.of(
                "kafka.bootstrap-servers", "unused:1",
                "checkpoint.directory", folder.toUri().toString(),
                "signatures.location", folder.toUri().toString(),
                "restart.attempts", "0",
                "parallelism", "1",
                "state.backend", "hashmap",
                "web.port", "-1"));
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(FlinkSettings.of(configuration));

    PlumblineJob.build(
        env,
        new JobSources(observations(), signatures()),
        new JobSinks(
            to("identities"),
            to("coverage"),
            to("trust"),
            to("findings"),
            to("resyncs"),
            to("dead-letters")),
        ContentJudge::new,
        (id, location) -> ContentJudge.signatureOf(BUILD),
        new AnalysisSettings(Duration.ofMinutes(2), Duration.ofMinutes(10), 100));
    env.execute(PlumblineJob.NAME);

    assertThat(WRITTEN.get("dead-letters")).hasSize(1);
    assertThat(WRITTEN).doesNotContainKey("resyncs");
    Map<String, TrustState> trust = new ConcurrentHashMap<>();
    WRITTEN.get("trust").stream()
        .map(TrustRecord.class::cast)
        .forEach(each -> trust.put(each.at().vmId(), each.state()));
    assertThat(trust)
        .containsOnly(
            Map.entry("vm-1", TrustState.TRUSTED), Map.entry("vm-2", TrustState.VIOLATED));
    assertThat(WRITTEN.get("findings"))
        .map(FindingRecord.class::cast)
        .filteredOn(each -> each.activity() == FindingActivity.OPEN)
        .singleElement()
        .satisfies(each -> assertThat(each.at().vmId()).isEqualTo("vm-2"));
  }

  /** One parallel instance reads them in order: the order of a partition. */
  private static Source<IncomingObservation, ?, ?> observations() {
    return new DataGeneratorSource<>(
        index -> OBSERVATIONS.get(index.intValue()),
        OBSERVATIONS.size(),
        TypeInformation.of(IncomingObservation.class));
  }

  private static Source<IncomingSignature, ?, ?> signatures() {
    return new DataGeneratorSource<>(
        index ->
            new IncomingSignature(
                new SignatureEntry(
                    ContentJudge.idOf(BUILD).value(),
                    "build-7",
                    "mem:",
                    false,
                    new Origin("signatures", 0, index, -1)),
                null),
        1,
        TypeInformation.of(IncomingSignature.class));
  }

  private static <T> Sink<T> to(String name) {
    return new Kept<>(name);
  }

  /** Keeps what is written under a name. */
  private record Kept<T>(String name) implements Sink<T> {
    @Override
    public SinkWriter<T> createWriter(WriterInitContext context) {
      Queue<Object> queue = new ConcurrentLinkedQueue<>();
      return new SinkWriter<>() {
        @Override
        public void write(T element, Context at) {
          WRITTEN.putIfAbsent(name, queue);
          WRITTEN.get(name).add(element);
        }

        @Override
        public void flush(boolean endOfInput) {}

        @Override
        public void close() {}
      };
    }
  }
}
