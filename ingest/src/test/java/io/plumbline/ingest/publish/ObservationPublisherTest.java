package io.plumbline.ingest.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.ingest.capture.CaptureRounds;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.ToyGuest;
import io.plumbline.ingest.capture.WatchedFrames;
import io.plumbline.ingest.wire.ObservationMapping;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.EmbeddedSchemaRegistry;
import io.plumbline.schemas.wire.RecordCodec;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ObservationPublisherTest {
  private static final SchemaRegistry REGISTRY = new EmbeddedSchemaRegistry();
  private static final PublisherSettings SETTINGS = PublisherSettings.of("broker-1:9092");

  @Test
  void observationsArriveInOrderUnderTheirVmsKeyAndDecodeToThemselves() throws Exception {
    MockProducer<String, byte[]> kafka = kafka(true);
    List<Observation> observations = observations();
    try (ObservationPublisher publisher = new ObservationPublisher(kafka, SETTINGS, REGISTRY)) {
      for (Observation each : observations) {
        publisher.accept(each);
      }
      publisher.flush();
    }
    RecordCodec<io.plumbline.schemas.Observation> codec =
        new RecordCodec<>(Contract.OBSERVATION, REGISTRY);
    List<Observation> arrived = new ArrayList<>();
    for (ProducerRecord<String, byte[]> record : kafka.history()) {
      assertThat(record.topic()).isEqualTo("plumbline.observations");
      assertThat(record.key()).isEqualTo("vm-1");
      arrived.add(ObservationMapping.fromRecord(codec.decode(record.value())));
    }
    assertThat(arrived).isEqualTo(observations);
    assertThat(kafka.closed()).isTrue();
  }

  @Test
  void whatAnImageClaimsOfItsTimeDoesNotDecideHowLongKafkaKeepsIt() throws Exception {
    Observation first = observations().get(0);
    MockProducer<String, byte[]> kafka = kafka(true);
    try (ObservationPublisher publisher = new ObservationPublisher(kafka, SETTINGS, REGISTRY)) {
      for (String claimed : List.of("1950-01-01T00:00:00Z", "2099-01-01T00:00:00Z")) {
        publisher.accept(new Observation(first.vm(), 0, Instant.parse(claimed), first.body()));
      }
    }
    assertThat(kafka.history()).extracting(ProducerRecord::timestamp).containsOnlyNulls();
  }

  @Test
  void anObservationThatKafkaDropsIsNamedByTheNextCallAndEveryOneAfter() throws Exception {
    MockProducer<String, byte[]> kafka = kafka(false);
    ObservationPublisher publisher = new ObservationPublisher(kafka, SETTINGS, REGISTRY);
    publisher.accept(observations().get(0));
    publisher.accept(observations().get(1));
    kafka.completeNext();
    kafka.errorNext(new TimeoutException("expired after 30000 ms"));
    for (int call = 0; call < 2; call++) {
      assertThatThrownBy(() -> publisher.accept(observations().get(2)))
          .isInstanceOf(PublishException.class)
          .hasMessage(
              "kafka at broker-1:9092: observation 7/1 of vm-1 was not taken within 30000 ms:"
                  + " expired after 30000 ms");
    }
    assertThat(kafka.history()).as("nothing is sent after a gap").hasSize(2);
    assertThatThrownBy(publisher::flush).isInstanceOf(PublishException.class);
    assertThatThrownBy(publisher::close).isInstanceOf(PublishException.class);
  }

  @Test
  void aBufferThatStaysFullIsAnErrorAndNotALoss() {
    MockProducer<String, byte[]> kafka = kafka(false);
    kafka.sendException = new TimeoutException("Failed to allocate memory");
    ObservationPublisher publisher = new ObservationPublisher(kafka, SETTINGS, REGISTRY);
    assertThatThrownBy(() -> publisher.accept(observations().get(0)))
        .isInstanceOf(PublishException.class)
        .hasMessageContainingAll("7/0 of vm-1", "Failed to allocate memory");
  }

  @Test
  void anUnreachableBrokerIsAnErrorOfOneLineWithinThePatience() throws Exception {
    int port;
    try (ServerSocket closed = new ServerSocket(0)) {
      port = closed.getLocalPort();
    }
    PublisherSettings settings =
        new PublisherSettings("127.0.0.1:" + port, 4L << 20, Duration.ofMillis(500));
    ObservationPublisher publisher = new ObservationPublisher(settings, REGISTRY);
    assertThatThrownBy(() -> publisher.accept(observations().get(0)))
        .isInstanceOf(PublishException.class)
        .hasMessageContainingAll("kafka at 127.0.0.1:" + port, "vm-1", "500 ms")
        .hasMessageNotContaining("\n");
    assertThatThrownBy(publisher::close).isInstanceOf(PublishException.class);
  }

  @Test
  void aBrokerThatHasNoAddressIsAnErrorAtOnce() {
    assertThatThrownBy(
            () -> new ObservationPublisher(PublisherSettings.of("no-port-here"), REGISTRY))
        .isInstanceOf(PublishException.class)
        .hasMessageContaining("kafka at no-port-here");
  }

  @Test
  void aMissingRegistryIsAnErrorAndNothingIsSent() {
    MockProducer<String, byte[]> kafka = kafka(true);
    SchemaRegistry missing =
        new SchemaRegistry() {
          @Override
          public int idOf(String subject, Schema schema) throws SchemaRegistryException {
            throw new SchemaRegistryException("schema registry: unreachable: " + subject);
          }

          @Override
          public Schema byId(int id) throws SchemaRegistryException {
            throw new SchemaRegistryException("schema registry: unreachable: " + id);
          }
        };
    ObservationPublisher publisher = new ObservationPublisher(kafka, SETTINGS, missing);
    assertThatThrownBy(() -> publisher.accept(observations().get(0)))
        .isInstanceOf(PublishException.class)
        .hasMessage("schema registry: unreachable: plumbline.observations-value");
    assertThat(kafka.history()).isEmpty();
  }

  @Test
  void theProducerIsIdempotentAndBounded() {
    Map<String, Object> config =
        new PublisherSettings("b:1", 3L << 20, Duration.ofSeconds(2)).producerConfig();
    assertThat(config)
        .containsEntry(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, "b:1")
        .containsEntry(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true)
        .containsEntry(ProducerConfig.ACKS_CONFIG, "all")
        .containsEntry(ProducerConfig.BUFFER_MEMORY_CONFIG, 3L << 20)
        .containsEntry(ProducerConfig.MAX_BLOCK_MS_CONFIG, 2000L)
        .containsEntry(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 2000);
  }

  @ParameterizedTest
  @CsvSource({"' ', 4194304, 1000", "b:1, 1000, 1000", "b:1, 4194304, 99"})
  void settingsThatCannotWorkAreRefused(String brokers, long buffer, long millis) {
    assertThatThrownBy(() -> new PublisherSettings(brokers, buffer, Duration.ofMillis(millis)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("expected", "found");
  }

  private static MockProducer<String, byte[]> kafka(boolean answering) {
    return new MockProducer<>(answering, null, new StringSerializer(), new ByteArraySerializer());
  }

  private static List<Observation> observations() {
    List<Observation> observations = new ArrayList<>();
    ToyGuest guest = new ToyGuest(1);
    CaptureRounds rounds =
        new CaptureRounds(
            new CapturedVm("vm-1", "host-1", 7), WatchedFrames.all(ToyGuest.ram()), 1 << 20);
    for (int round = 0; round < 3; round++) {
      rounds.capture(guest, ToyGuest.vcpus(round), ToyGuest.START, observations::add);
      guest.live();
    }
    return observations;
  }
}
